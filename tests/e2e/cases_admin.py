"""Administrators' requests by hand and by Kafka's tools: what Apache Kafka 4.2 answers as the only
broker of its cluster, read off a real one.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import time

from admin_messages import (ADD_VOTER, ALTER_REASSIGNMENTS, ALTER_REPLICA_LOG_DIRS, CREATE_ACLS,
                            CREATE_TOKEN, DELETE_ACLS, DESCRIBE_ACLS, DESCRIBE_LOG_DIRS,
                            DESCRIBE_PRODUCERS, DESCRIBE_QUORUM, DESCRIBE_SCRAM, DESCRIBE_TOKEN,
                            DESCRIBE_TRANSACTIONS, ELECT_LEADERS, EXPIRE_TOKEN, LIST_REASSIGNMENTS,
                            LIST_TRANSACTIONS, RENEW_TOKEN, UNREGISTER_BROKER, UPDATE_FEATURES)
from cases_handover import rich_kafka, snapshots
from cases_takeover import Kafka
from harness import BROKER, kcat, words
from kafka_tools import ask, refused, run_tool, tool
from messages import API_VERSIONS
from wire import create_topic

ONCE = {"test_every_version_is_answered", "test_records_are_deleted_by_a_tool",
        "test_log_dirs_tell_what_the_files_hold",
        "test_elections_and_reassignments_by_tools", "test_features_by_tools",
        "test_features_survive_and_go_to_kafka", "test_the_quorum_and_the_cluster_by_tools",
        "test_transactions_and_acls_by_tools", "test_groups_are_described_by_tools",
        "test_offsets_are_reset_by_tools", "test_groups_and_offsets_are_deleted_by_tools",
        "test_console_consumers_with_and_without_a_group", "test_credentials_of_kafka_are_told",
        "test_a_relative_directory_is_told_whole"}
LONG_ONLY = {"test_features_survive_and_go_to_kafka"}
METADATA = [{"name": "__cluster_metadata", "partitions": [{"index": 0}]}]


def at(topic, *partitions):
    return {"name": topic, "partitions": list(partitions)}


def test_every_version_is_answered(broker):
    create_topic(broker, "t", {}, 2)
    kcat(broker, "-P", "-t", "t", "-p", "0", "-X", "enable.idempotence=true", data=b"a\nb\n")
    for version in DESCRIBE_LOG_DIRS.versions:
        (result,) = DESCRIBE_LOG_DIRS.ask(broker, version, topics=[at("t", 0, 9)])["results"]
        (topic,) = result["topics"]
        assert [part["index"] for part in topic["partitions"]] == [0]
    path = result["dir"]
    for version in ALTER_REPLICA_LOG_DIRS.versions:
        got = ALTER_REPLICA_LOG_DIRS.ask(broker, version, dirs=[
            {"path": path, "topics": [at("t", 0, 7)]}, {"path": "/x", "topics": [at("t", 1)]}])
        (topic,) = got["results"]
        assert {p["index"]: p["error"] for p in topic["partitions"]} == {0: 0, 1: 57, 7: 3}
    for version in ELECT_LEADERS.versions:
        got = ELECT_LEADERS.ask(broker, version, topics=[at("t", 0, 9)])
        assert [p["error"] for p in got["results"][0]["partitions"]] == [84, 3]
    for version in ALTER_REASSIGNMENTS.versions:
        got = ALTER_REASSIGNMENTS.ask(broker, version, topics=[{"name": "t", "partitions": [
            {"index": 0, "replicas": [1]}, {"index": 1, "replicas": [2]},
            {"index": 1, "replicas": None}]}])
        assert [p["error"] for p in got["topics"][0]["partitions"]] == [0, 39, 85]
    assert LIST_REASSIGNMENTS.ask(broker, 0, topics=None)["topics"] == []
    (producer,) = DESCRIBE_PRODUCERS.ask(broker, 0, topics=[at("t", 0)])["topics"][0][
        "partitions"][0]["producers"]
    assert (producer["epoch"], producer["sequence"], producer["start"]) == (0, 1, -1), producer
    for version in UPDATE_FEATURES.versions:
        got = UPDATE_FEATURES.ask(broker, version, features=[
            {"name": "metadata.version", "level": 29}])
        assert got["error"] == 0, got
        got = UPDATE_FEATURES.ask(broker, version, features=[{"name": "x", "level": 1}])
        assert got["error"] == 95 and got["error_message"].endswith(
            "Invalid update version 1 for feature x. Local controller 1 does not support this "
            "feature."), got
    for version in DESCRIBE_QUORUM.versions:
        got = DESCRIBE_QUORUM.ask(broker, version, topics=METADATA)["topics"][0]["partitions"][0]
        assert (got["leader"], [v["id"] for v in got["voters"]]) == (1, [1]), got
    for version in LIST_TRANSACTIONS.versions:
        got = LIST_TRANSACTIONS.ask(broker, version, states=["Ongoing", "ongoing"])
        assert (got["error"], got["unknown"], got["transactions"]) == (0, ["ongoing"], [])
    for pattern, error in (("a.*", 0), ("", 0), ("(", 128), ("(?=x)", 128)):
        assert LIST_TRANSACTIONS.ask(broker, 2, pattern=pattern)["error"] == error, pattern
    got = DESCRIBE_TRANSACTIONS.ask(broker, 0, ids=["a", ""])["transactions"]
    assert [one["error"] for one in got] == [16, 42]
    assert UNREGISTER_BROKER.ask(broker, 0, broker=7)["error"] == 102
    assert ADD_VOTER.ask(broker, 1, voter=2, directory=bytes(16)) is None, "that is not served"


def test_what_is_not_there_says_so_in_every_version(broker):
    acl = dict(type=2, name="t", principal="User:a", host="*", operation=3, permission=3)
    for version in DESCRIBE_ACLS.versions:
        assert DESCRIBE_ACLS.ask(broker, version)["error"] == 54
        assert [r["error"] for r in CREATE_ACLS.ask(broker, version, creations=[acl, acl])[
            "results"]] == [54, 54]
        assert [r["error"] for r in DELETE_ACLS.ask(broker, version, filters=[{}])[
            "results"]] == [54]
    assert DESCRIBE_ACLS.ask(broker, 3, operation=0) is None, "unknown elements end the connection"
    assert DELETE_ACLS.ask(broker, 3, filters=[{"type": 99}]) is None
    for version in CREATE_TOKEN.versions:
        got = CREATE_TOKEN.ask(broker, version)
        assert (got["error"], got["type"], got["name"]) == (64, "User", "ANONYMOUS"), got
        assert DESCRIBE_TOKEN.ask(broker, version, owners=None)["error"] == 64
    for version in RENEW_TOKEN.versions:
        assert RENEW_TOKEN.ask(broker, version, hmac=b"x", period_ms=1)["error"] == 64
        assert EXPIRE_TOKEN.ask(broker, version, hmac=b"x", period_ms=1)["error"] == 64
    got = DESCRIBE_SCRAM.ask(broker, 0, users=[{"name": "a"}, {"name": "b"}, {"name": "b"}])
    assert [(r["user"], r["error"]) for r in got["results"]] == [("a", 91), ("b", 92)], got
    assert DESCRIBE_SCRAM.ask(broker, 0, users=None)["results"] == []


def log_dirs(broker, *options):
    out = ask(broker, "kafka-log-dirs", "--describe", *options).splitlines()
    assert out[:2] == ["Querying brokers for log directories information",
                       "Received log directory information from brokers 1"], out
    ((told,),) = [told["logDirs"] for told in json.loads(out[2])["brokers"]]
    assert told["error"] is None and told["logDir"] == str(broker.data), told
    sizes = {part["partition"]: part["size"] for part in told["partitions"]}
    assert all(part["offsetLag"] == 0 and not part["isFuture"] for part in told["partitions"])
    return sizes


def test_log_dirs_tell_what_the_files_hold(broker):
    create_topic(broker, "t", {"segment.bytes": "1048576"}, 2)
    create_topic(broker, "u", {})
    for seed in range(4):
        kcat(broker, "-P", "-t", "t", "-p", "1", data=words(12000, seed))
    sizes = log_dirs(broker)
    assert set(sizes) == {"t-0", "t-1", "u-0"} and sizes["t-0"] == sizes["u-0"] == 0, sizes
    assert log_dirs(broker, "--topic-list", "t,none", "--broker-list", "1") == {
        name: size for name, size in sizes.items() if name != "u-0"}
    assert "do not exist" in refused(broker, "kafka-log-dirs", "--describe", "--broker-list", "2")
    broker.stop()
    files = list(broker.data.glob("t-1/*.log"))
    assert len(files) > 1 and sum(path.stat().st_size for path in files) == sizes["t-1"]
    broker.start()
    assert log_dirs(broker) == sizes


def test_a_relative_directory_is_told_whole(broker):
    broker.stop()
    process = subprocess.Popen([*broker.command(data="./below/data")], cwd=broker.home.name,
                               stderr=subprocess.DEVNULL)
    try:
        for _ in range(500):
            try:
                (told,) = DESCRIBE_LOG_DIRS.ask(broker, 4, topics=None)["results"]
                break
            except OSError:
                time.sleep(0.02)
        assert told["dir"] == os.path.realpath(broker.home.name) + "/below/data", told
    finally:
        process.terminate()
        assert process.wait(20) == 0


def written(broker, name, value):
    path = pathlib.Path(broker.home.name) / name
    path.write_text(json.dumps(value))
    return str(path)


def test_records_are_deleted_by_a_tool(broker):
    create_topic(broker, "t", {}, 2)
    for partition in range(2):
        kcat(broker, "-P", "-t", "t", "-p", str(partition), data=b"a\nb\nc\nd\n")

    def starts():
        return ask(broker, "kafka-get-offsets", "--topic", "t", "--time", "earliest").split()

    out = ask(broker, "kafka-delete-records", "--offset-json-file",
              written(broker, "records.json", {"version": 1, "partitions": [
                  {"topic": "t", "partition": 0, "offset": 1},
                  {"topic": "t", "partition": 1, "offset": -1}]}))
    assert "partition: t-0\tlow_watermark: 1" in out and "partition: t-1\tlow_watermark: 4" in out
    assert starts() == ["t:0:1", "t:1:4"]
    code, out, err = run_tool("kafka-delete-records", "--bootstrap-server",
                              f"127.0.0.1:{broker.port}", "--offset-json-file",
                              written(broker, "beyond.json", {"version": 1, "partitions": [
                                  {"topic": "t", "partition": 0, "offset": 5}]}))
    assert "OffsetOutOfRangeException" in out and "t-0" in err, (code, out, err)
    broker.kill()
    broker.start()
    assert starts() == ["t:0:1", "t:1:4"]
    assert kcat(broker, "-C", "-t", "t", "-e", "-q") == b"b\nc\nd\n"


def test_elections_and_reassignments_by_tools(broker):
    create_topic(broker, "t", {}, 2)
    elect = ("kafka-leader-election", "--election-type")
    assert ask(broker, *elect, "preferred", "--all-topic-partitions").strip() == ""
    assert ask(broker, *elect, "unclean", "--topic", "t", "--partition", "0") == (
        "Valid replica already elected for partitions t-0\n")
    assert "No such partition as t-9" in refused(broker, *elect, "preferred", "--topic", "t",
                                                 "--partition", "9")
    topics = written(broker, "topics.json", {"version": 1, "topics": [{"topic": "t"}]})
    out = ask(broker, "kafka-reassign-partitions", "--generate", "--topics-to-move-json-file",
              topics, "--broker-list", "1").splitlines()
    now, proposed = json.loads(out[1]), json.loads(out[4])
    assert [(p["partition"], p["replicas"], p["log_dirs"]) for p in now["partitions"]] == [
        (i, [1], [str(broker.data)]) for i in range(2)], now
    plan = written(broker, "plan.json", proposed)
    execute = ("kafka-reassign-partitions", "--execute", "--reassignment-json-file")
    assert "Successfully started partition reassignments for t-0,t-1" in ask(
        broker, *execute, plan)
    assert "Successfully started partition reassignments for t-0,t-1" in ask(
        broker, *execute, written(broker, "now.json", now)), "they are there already"
    assert ask(broker, "kafka-reassign-partitions", "--list") == (
        "No partition reassignments found.\n")
    for verb, said in (("--verify", "Reassignment of partition t-0 is completed."),
                       ("--cancel", "None of the specified partition reassignments are active.")):
        told = ask(broker, "kafka-reassign-partitions", verb, "--reassignment-json-file", plan)
        assert said in told and "Clearing topic-level throttles on topic t" in told, told
    for change, complaint in (({"replicas": [2]}, "Unknown broker id 2"),
                              ({"log_dirs": ["/nowhere"]}, "Failed to alter dir for t-0-1")):
        part = dict(now["partitions"][0], **change)
        wrong = written(broker, "wrong.json", {"version": 1, "partitions": [part]})
        assert complaint in refused(broker, *execute, wrong, "--timeout", "2000"), complaint


def levels(broker):
    lines = ask(broker, "kafka-features", "describe").splitlines()
    return {match.group(1): match.group(2) for match in (
        re.match(r"Feature: (\S+)\t.*\tFinalizedVersionLevel: (\S+)\tEpoch: \d+$", line)
        for line in lines)}


FRESH = {"eligible.leader.replicas.version": "1", "group.version": "1", "kraft.version": "1",
         "metadata.version": "4.2-IV1", "share.version": "1", "streams.version": "1",
         "transaction.version": "2"}


def test_features_by_tools(broker):
    assert levels(broker) == FRESH
    assert ask(broker, "kafka-features", "downgrade", "--feature", "streams.version=0",
               "--dry-run") == "streams.version can be downgraded to 0.\n"
    assert levels(broker) == FRESH
    assert ask(broker, "kafka-features", "downgrade", "--feature", "streams.version=0",
               "--feature", "transaction.version=1") == (
        "streams.version was downgraded to 0.\ntransaction.version was downgraded to 1.\n")
    changed = dict(FRESH, **{"streams.version": "0", "transaction.version": "1"})
    assert levels(broker) == changed
    broker.kill()
    broker.start()
    assert levels(broker) == changed
    told = refused(broker, "kafka-features", "downgrade", "--metadata", "3.9", "--unsafe")
    assert "Unsafe metadata downgrade is not supported in this version." in told, told
    told = refused(broker, "kafka-features", "upgrade", "--feature", "streams.version=1",
                   "--feature", "group.version=7")
    assert "only supports versions 0-1" in told, told
    assert levels(broker) == changed
    ask(broker, "kafka-features", "upgrade", "--release-version", "4.2")
    assert levels(broker) == FRESH


def test_features_survive_and_go_to_kafka(broker):
    """Levels that were changed here are those of Kafka on the same directory, and back."""
    ask(broker, "kafka-features", "downgrade", "--feature", "streams.version=0", "--feature",
        "eligible.leader.replicas.version=0")
    ask(broker, "kafka-features", "downgrade", "--metadata", "4.1-IV0")
    changed = dict(FRESH, **{"streams.version": "0", "metadata.version": "4.1-IV0",
                             "eligible.leader.replicas.version": "0"})
    create_topic(broker, "t", {})
    kcat(broker, "-P", "-t", "t", data=b"1\n")
    assert levels(broker) == changed
    for _ in range(2):
        broker.stop()
        with Kafka(broker).start() as kafka:
            assert levels(kafka) == changed
            assert kcat(kafka, "-C", "-t", "t", "-e", "-q") == b"1\n"
            ask(kafka, "kafka-features", "upgrade", "--metadata", "4.2-IV1")
            changed["metadata.version"] = "4.2-IV1"
        broker.start()
        assert levels(broker) == changed
    ask(broker, "kafka-features", "upgrade", "--feature", "eligible.leader.replicas.version=1")
    assert levels(broker) == dict(FRESH, **{"streams.version": "0"})


def test_the_quorum_and_the_cluster_by_tools(broker):
    status = dict(line.split(":", 1) for line in ask(
        broker, "kafka-metadata-quorum", "describe", "--status").splitlines())
    status = {name: value.strip() for name, value in status.items()}
    assert (status["LeaderId"], status["LeaderEpoch"], status["MaxFollowerLag"],
            status["CurrentObservers"]) == ("1", "1", "0", "[]"), status
    (voter,) = json.loads(status["CurrentVoters"])
    assert voter["id"] == 1 and len(voter["directoryId"]) == 22, voter
    rows = ask(broker, "kafka-metadata-quorum", "describe", "--replication").splitlines()
    row = rows[1].split()
    assert (len(rows), row[0], row[1], row[3], row[-1]) == (
        2, "1", voter["directoryId"], "0", "Leader"), rows
    assert int(row[2]) >= int(status["HighWatermark"])
    assert ask(broker, "kafka-cluster", "cluster-id") == f"Cluster ID: {status['ClusterId']}\n"
    rows = ask(broker, "kafka-cluster", "list-endpoints").splitlines()
    assert rows[1].split() == ["1", "127.0.0.1", str(broker.port), "null", "unfenced", "broker"]
    for node, complaint in ((7, "Broker ID 7 is not currently registered"),
                            (1, "Broker ID 1 is the only one, and it runs")):
        code, out, err = run_tool("kafka-cluster", "unregister", "--bootstrap-server",
                                  f"127.0.0.1:{broker.port}", "--id", str(node))
        assert code != 0 and complaint in out + err, (node, out, err)
    served = dict(re.findall(r"(\w+)\(\d+\): ([^,\n]*)", ask(
        broker, "kafka-broker-api-versions")))
    for name in ("DescribeLogDirs", "ElectLeaders", "UpdateFeatures", "DescribeQuorum"):
        assert "usable" in served[name], served
    epoch = API_VERSIONS.ask(broker, 4)["tags"][1]
    assert int.from_bytes(epoch, "big") > 0


def test_transactions_and_acls_by_tools(broker):
    create_topic(broker, "t", {}, 2)
    kcat(broker, "-P", "-t", "t", "-p", "1", "-X", "enable.idempotence=true", data=b"a\nb\nc\n")
    assert len(ask(broker, "kafka-transactions", "list").splitlines()) == 1
    rows = ask(broker, "kafka-transactions", "describe-producers", "--topic", "t", "--partition",
               "1").splitlines()
    row = rows[1].split()
    assert (len(rows), row[1:4], row[5]) == (2, ["0", "-1", "2"], "None"), rows
    for where in (("--broker-id", "1"), ("--topic", "t")):
        assert len(ask(broker, "kafka-transactions", "find-hanging", *where).splitlines()) == 1
    for options in (("--list",), ("--add", "--allow-principal", "User:a", "--operation", "read",
                                  "--topic", "t")):
        code, out, err = run_tool("kafka-acls", "--bootstrap-server",
                                  f"127.0.0.1:{broker.port}", *options)
        assert code == 1 and "No Authorizer is configured on the broker" in out + err, out + err


def test_credentials_of_kafka_are_told(broker):
    """kafka-storage writes them into the catalog of a new directory."""
    broker.stop()
    shutil.rmtree(broker.data)
    kafka = rich_kafka(broker)
    tool("kafka-storage", "format", "--standalone", "-t", "abcdefghijklmnopqrstuw", "-c",
         str(kafka.path), "--add-scram", "SCRAM-SHA-256=[name=alice,password=secret]",
         "--add-scram", "SCRAM-SHA-512=[name=alice,password=secret,iterations=8192]")
    wanted = [("alice", 0, [(1, 4096), (2, 8192)])]
    for ending in ("kill", "stop", None):
        broker.start()
        for users in (None, [{"name": "alice"}]):
            got = DESCRIBE_SCRAM.ask(broker, 0, users=users)["results"]
            assert [(r["user"], r["error"], [(i["mechanism"], i["iterations"])
                                             for i in r["infos"]]) for r in got] == wanted, got
        if ending is not None:
            getattr(broker, ending)()
    assert snapshots(broker)


# Groups.

def fill(broker, topic, *counts):
    create_topic(broker, topic, {}, len(counts))
    for partition, count in enumerate(counts):
        if count > 0:
            kcat(broker, "-P", "-t", topic, "-p", str(partition), data=words(count, partition))


def groups(broker, *options, **more):
    return ask(broker, "kafka-consumer-groups", *options, **more)


def offsets(broker, group, *options):
    """Topic, partition, committed offset, end and lag of each row."""
    rows = groups(broker, "--describe", "--group", group, *options,
                  said="has no active members").splitlines()
    return sorted(tuple(row.split()[1:6]) for row in rows if row.startswith(group + " "))


def read_all(broker, group, topic, count):
    kcat(broker, "-G", group, "-q", "-c", str(count), "-X", "auto.offset.reset=earliest", "-X",
         "session.timeout.ms=6000", topic)


def test_groups_are_described_by_tools(broker):
    fill(broker, "t", 4, 2)
    read_all(broker, "g", "t", 6)
    live = subprocess.Popen(
        ["kcat", "-b", f"127.0.0.1:{broker.port}", "-G", "live", "-u", "-q", "-X",
         "auto.offset.reset=earliest", "-X", "auto.commit.interval.ms=100", "t"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        for _ in range(6):
            live.stdout.readline()
        assert sorted(groups(broker, "--list").split()) == ["g", "live"]
        assert groups(broker, "--list", "--state", "stable").split()[2:] == ["live", "Stable"]
        listed = groups(broker, "--list", "--type").split()
        assert listed[2:] in (["g", "Classic", "live", "Classic"],
                              ["live", "Classic", "g", "Classic"]), listed
        assert ask(broker, "kafka-groups", "--list").count("consumer") == 2
        assert offsets(broker, "g") == [("t", "0", "4", "4", "0"), ("t", "1", "2", "2", "0")]
        rows = groups(broker, "--describe", "--group", "live", "--members",
                      "--verbose").split("\n")
        member = [row.split() for row in rows if row.startswith("live ")][0]
        assert member[3:5] + member[6:7] == ["rdkafka", "2", "t:0,1"], member
        row = [row.split() for row in groups(
            broker, "--describe", "--group", "live", "--state").splitlines()
            if row.startswith("live ")][0]
        assert (row[1], row[-3:]) == (f"127.0.0.1:{broker.port}", ["range", "Stable", "1"]), row
        for options, complaint in (
                (("--delete",), "GroupNotEmptyException"),
                (("--reset-offsets", "--to-earliest", "--topic", "t", "--execute"),
                 "Assignments can only be reset if the group 'live' is inactive"),
                (("--delete-offsets", "--topic", "t"), "actively subscribed")):
            code, out, err = run_tool("kafka-consumer-groups", "--bootstrap-server",
                                      f"127.0.0.1:{broker.port}", "--group", "live", *options)
            assert complaint in out + err, (options, code, out, err)
    finally:
        live.terminate()
        live.wait(20)
    told = groups(broker, "--describe", "--group", "none", said="GroupIdNotFoundException")
    assert "Group none not found." in told, told


def test_offsets_are_reset_by_tools(broker):
    fill(broker, "t", 4, 2)
    fill(broker, "u", 0)
    read_all(broker, "g", "t", 6)

    def reset(*options, **more):
        rows = groups(broker, "--reset-offsets", "--group", "g", *options, **more).splitlines()
        return {(row.split()[1], int(row.split()[2])): int(row.split()[3])
                for row in rows if row.startswith("g ")}

    def committed():
        return {(row[0], int(row[1])): int(row[2]) for row in offsets(broker, "g")}

    both = ("--topic", "t", "--execute")
    assert reset("--topic", "t", "--to-earliest", "--dry-run") == {("t", 0): 0, ("t", 1): 0}
    assert committed() == {("t", 0): 4, ("t", 1): 2}, "that was only asked"
    for options, wanted in (
            (("--to-earliest",), (0, 0)), (("--shift-by", "1"), (1, 1)),
            (("--shift-by", "-100"), (0, 0)), (("--to-offset", "100"), (4, 2)),
            (("--to-offset", "3"), (3, 2)), (("--shift-by", "100"), (4, 2)),
            (("--to-datetime", "2000-01-01T00:00:00.000"), (0, 0)),
            (("--to-datetime", "2100-01-01T00:00:00.000"), (4, 2)),
            (("--by-duration", "PT1H"), (0, 0)), (("--to-latest",), (4, 2)),
            (("--to-current",), (4, 2))):
        # Beyond the ends it warns.
        code, out, err = run_tool("kafka-consumer-groups", "--bootstrap-server",
                                  f"127.0.0.1:{broker.port}", "--reset-offsets", "--group", "g",
                                  *both, *options)
        assert code == 0, (options, out, err)
        assert committed() == {("t", 0): wanted[0], ("t", 1): wanted[1]}, options
    assert reset("--topic", "t:0", "--to-offset", "2", "--execute") == {("t", 0): 2}
    assert committed() == {("t", 0): 2, ("t", 1): 2}
    path = pathlib.Path(broker.home.name) / "offsets.csv"
    path.write_text('"t",0,3\n"t",1,1\n')
    reset("--from-file", str(path), "--execute")
    assert committed() == {("t", 0): 3, ("t", 1): 1}
    reset("--topic", "u", "--to-latest", "--execute")
    assert committed() == {("t", 0): 3, ("t", 1): 1, ("u", 0): 0}
    assert kcat(broker, "-G", "g", "-q", "-c", "2", "-X", "session.timeout.ms=6000", "-f",
                "%p %o\n", "t").split(b"\n")[:-1] in ([b"0 3", b"1 1"], [b"1 1", b"0 3"])


def test_groups_and_offsets_are_deleted_by_tools(broker):
    fill(broker, "t", 4, 2)
    fill(broker, "u", 1)
    read_all(broker, "g", "t", 6)
    read_all(broker, "g", "u", 1)
    read_all(broker, "h", "t", 6)
    groups(broker, "--delete-offsets", "--group", "g", "--topic", "t:1")
    assert [row[:2] for row in offsets(broker, "g")] == [("t", "0"), ("u", "0")]
    groups(broker, "--delete-offsets", "--group", "g", "--topic", "u")
    assert [row[:2] for row in offsets(broker, "g")] == [("t", "0")]
    code, out, err = run_tool("kafka-consumer-groups", "--bootstrap-server",
                              f"127.0.0.1:{broker.port}", "--delete", "--group", "g", "--group",
                              "none")
    assert "none" in out + err and "GroupIdNotFoundException" in out + err, (code, out, err)
    assert groups(broker, "--list").split() == ["h"]
    broker.kill()
    broker.start()
    for _ in range(100):
        listed = groups(broker, "--list", said="").split()
        if listed == ["h"]:
            break
        time.sleep(0.1)
    assert "successful" in groups(broker, "--delete", "--all-groups")
    assert groups(broker, "--list").split() == []


def test_console_consumers_with_and_without_a_group(broker):
    fill(broker, "t", 300, 200)
    wanted = sorted(words(300, 0).split(b"\n")[:-1] + words(200, 1).split(b"\n")[:-1])
    for options in (("--group", "console"), ()):
        out = ask(broker, "kafka-console-consumer", "--topic", "t", "--from-beginning",
                  "--max-messages", "500", "--timeout-ms", "30000", *options,
                  said="Processed a total of 500 messages")
        assert sorted(out.encode().splitlines()) == wanted, options
    more = words(50, 7)
    kcat(broker, "-P", "-t", "t", "-p", "0", data=more)
    out = ask(broker, "kafka-console-consumer", "--topic", "t", "--group", "console",
              "--max-messages", "50", "--timeout-ms", "30000",
              said="Processed a total of 50 messages")
    assert out.encode() == more
