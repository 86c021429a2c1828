"""Consumer groups and committed offsets under real clients, restarts and frames by hand."""
import re
import socket
import subprocess
import time

from confluent_kafka import Consumer, OFFSET_INVALID, TopicPartition as Place
from kafka import KafkaConsumer

from cases_takeover import Kafka
from group_messages import (DELETE_GROUPS, DESCRIBE_GROUPS, HEARTBEAT, JOIN_GROUP, LEAVE_GROUP,
                            LIST_GROUPS, OFFSET_COMMIT, OFFSET_DELETE, OFFSET_FETCH, SYNC_GROUP)
from harness import kcat, words
from kafka_tools import ask
from messages import FIND_COORDINATOR, METADATA
from wire import create_topic, receive

ONCE = {"test_kafka_takes_the_groups_over_and_gives_them_back",
        "test_a_hundred_members", "test_static_members_come_back_without_a_rebalance",
        "test_kafkas_own_tools", "test_groups_over_two_cores", "test_kcat_shares_and_rebalances"}
LONG_ONLY = {"test_kafka_takes_the_groups_over_and_gives_them_back"}
SUBSCRIPTION = b"\0\0\0\0\0\1\0\1t\xff\xff\xff\xff"
PROTOCOLS = [{"name": "range", "metadata": SUBSCRIPTION}]


def server(broker):
    return f"127.0.0.1:{broker.port}"


def fill(broker, topic, count, partitions=1, seed=1):
    create_topic(broker, topic, {}, partitions)
    for partition in range(partitions):
        kcat(broker, "-P", "-t", topic, "-p", str(partition), data=words(count, seed + partition))


def librdkafka(broker, group, **settings):
    return Consumer({"bootstrap.servers": server(broker), "group.id": group,
                     "auto.offset.reset": "earliest", "enable.auto.commit": False,
                     "session.timeout.ms": 6000, "fetch.wait.max.ms": 10, **settings})


def read(consumer, count, limit=30):
    got = []
    deadline = time.monotonic() + limit
    while len(got) < count:
        message = consumer.poll(0.2)
        assert time.monotonic() < deadline, (len(got), count)
        if message is not None:
            assert message.error() is None, message.error()
            got.append((message.partition(), message.offset()))
    return got


def test_offsets_are_committed_and_found_again(broker):
    fill(broker, "t", 100)
    place = Place("t", 0)
    consumer = librdkafka(broker, "alone")
    assert consumer.committed([place], 10)[0].offset == OFFSET_INVALID
    consumer.commit(offsets=[Place("t", 0, 42, "about it")], asynchronous=False)
    found = consumer.committed([place], 10)[0]
    assert (found.offset, found.metadata) == (42, "about it"), found
    broker.kill()
    broker.start()
    found = consumer.committed([place], 20)[0]
    assert (found.offset, found.metadata) == (42, "about it"), found
    consumer.close()


def test_librdkafka_resumes_at_its_committed_offset(broker):
    fill(broker, "t", 200, partitions=2)
    first = librdkafka(broker, "resume")
    first.subscribe(["t"])
    got = read(first, 250)
    first.commit(asynchronous=False)
    first.close()
    second = librdkafka(broker, "resume")
    second.subscribe(["t"])
    got += read(second, 150)
    assert sorted(got) == [(p, i) for p in range(2) for i in range(200)]
    second.close()


def test_kafka_python_with_its_defaults(broker):
    fill(broker, "t", 100)

    def consume(count):
        consumer = KafkaConsumer("t", group_id="python", bootstrap_servers=server(broker),
                                 auto_offset_reset="earliest", consumer_timeout_ms=20000)
        got = [next(consumer).offset for _ in range(count)]
        consumer.commit()
        consumer.close()
        return got

    assert consume(60) == list(range(60))
    # What was fetched ahead is committed only as far as it was handed out.
    assert consume(40) == list(range(60, 100))


def ready(broker):
    """There is a coordinator, in every version of the question."""
    for version in FIND_COORDINATOR.versions:
        if version < 4:
            got = FIND_COORDINATOR.ask(broker, version, key="g", key_type=0)
        else:
            got = FIND_COORDINATOR.ask(broker, version, keys=["g", "h"], key_type=0)
            assert [c["key"] for c in got["coordinators"]] == ["g", "h"]
            got = got["coordinators"][1]
        assert (got["error"], got["node_id"], got["port"]) == (0, 1, broker.port), (version, got)


def quick(broker):
    """The first member of a group waits for no other."""
    broker.stop()
    broker.settings.append("group.initial.rebalance.delay.ms=0")
    broker.start()


def connected(broker):
    return socket.create_connection(("127.0.0.1", broker.port), timeout=30)


def join(where, group, member="", version=9, **fields):
    """Both steps of a join, when there are two."""
    got = JOIN_GROUP.ask(where, version, group=group, member=member, protocols=PROTOCOLS,
                         **fields)
    if got["error"] == 79:
        got = JOIN_GROUP.ask(where, version, group=group, member=got["member"],
                             protocols=PROTOCOLS, **fields)
    return got


def sync(where, group, joined, assignments=(), **fields):
    return SYNC_GROUP.ask(where, 5, group=group, generation=joined["generation"],
                          member=joined["member"], assignments=list(assignments), **fields)


def stable(where, group, **fields):
    joined = join(where, group, **fields)
    assert joined["error"] == 0, joined
    got = sync(where, group, joined, [{"member": joined["member"], "assignment": b"all"}])
    assert (got["error"], got["assignment"]) == (0, b"all"), got
    return joined


def commit(where, group, offset, version=9, topic="t", generation=-1, member="", **fields):
    got = OFFSET_COMMIT.ask(where, version, group=group, generation=generation, member=member,
                            topics=[{"name": topic, "partitions": [
                                {"index": 0, "offset": offset, "metadata": "m"}]}], **fields)
    return got["topics"][0]["partitions"][0]["error"]


def committed(where, group, topic="t"):
    got = OFFSET_FETCH.ask(where, 9, groups=[{"group": group, "topics": [
        {"name": topic, "partitions": [0]}]}])["groups"][0]
    assert got["error"] == 0, got
    return got["topics"][0]["partitions"][0]["offset"]


def test_every_version_of_commit_and_fetch(broker):
    create_topic(broker, "t", {})
    ready(broker)
    topic_id = METADATA.ask(broker, 12, topics=[{"name": "t"}])["topics"][0]["id"]
    for version in OFFSET_COMMIT.versions:
        name = {"name": "t"} if version < 10 else {"id": topic_id}
        got = OFFSET_COMMIT.ask(broker, version, group="g", topics=[dict(name, partitions=[
            {"index": 0, "offset": version, "metadata": "m"}, {"index": 7, "offset": 1,
                                                               "metadata": ""},
            {"index": 0, "offset": version, "metadata": "x" * 4097}])])
        errors = sorted(p["error"] for p in got["topics"][0]["partitions"])
        assert errors == [0, 3, 12], (version, errors)
        assert committed(broker, "g") == version
    for version in OFFSET_FETCH.versions:
        name = {"name": "t"} if version < 10 else {"id": topic_id}
        topics = [dict(name, partitions=[0, 3])]
        if version < 8:
            got = OFFSET_FETCH.ask(broker, version, group="g", topics=topics)
        else:
            got = OFFSET_FETCH.ask(broker, version, groups=[
                {"group": "none", "topics": topics}, {"group": "g", "topics": topics},
                {"group": "g", "topics": None}])["groups"]
            assert [p["offset"] for p in got[0]["topics"][0]["partitions"]] == [-1, -1]
            assert [p["offset"] for p in got[2]["topics"][0]["partitions"]] == [10]
            got = got[1]
        found = [(p["offset"], p["metadata"]) for p in got["topics"][0]["partitions"]]
        assert found == [(10, "m"), (-1, "")] and got.get("error", 0) == 0, (version, got)
    got = OFFSET_FETCH.ask(broker, 7, group="g", topics=None)
    assert [(t["name"], len(t["partitions"])) for t in got["topics"]] == [("t", 1)], got
    unknown = OFFSET_COMMIT.ask(broker, 10, group="g", topics=[
        {"id": b"x" * 16, "partitions": [{"index": 0, "offset": 1, "metadata": ""}]}])
    assert unknown["topics"][0]["partitions"][0]["error"] == 100


def test_every_version_of_the_members_requests(broker):
    quick(broker)
    create_topic(broker, "t", {})
    ready(broker)
    for version in JOIN_GROUP.versions:
        group = f"g{version}"
        with connected(broker) as s:
            first = JOIN_GROUP.ask(s, version, group=group, member="", protocols=PROTOCOLS)
            assert first["error"] == (79 if version >= 4 else 0), (version, first)
            joined = first
            if version >= 4:
                joined = JOIN_GROUP.ask(s, version, group=group, member=first["member"],
                                        protocols=PROTOCOLS)
            assert (joined["error"], joined["generation"], joined["name"]) == (0, 1, "range")
            assert joined["leader"] == joined["member"] == first["member"]
            assert [m["metadata"] for m in joined["members"]] == [SUBSCRIPTION]
            got = SYNC_GROUP.ask(s, min(version, 5), group=group, generation=1,
                                 member=joined["member"], assignments=[
                                     {"member": joined["member"], "assignment": b"all"}])
            assert (got["error"], got["assignment"]) == (0, b"all"), (version, got)
            beat = HEARTBEAT.ask(s, min(version, 4), group=group, generation=1,
                                 member=joined["member"])
            assert beat["error"] == 0
            assert commit(s, group, 5, generation=1, member=joined["member"]) == 0
            leaving = ({"members": [{"member": joined["member"]}, {"member": "x"}]}
                       if 3 <= version else {"member": joined["member"]})
            left = LEAVE_GROUP.ask(s, min(version, 5), group=group, **leaving)
            assert left["error"] == 0, left
            assert [m["error"] for m in left.get("members", [])] in ([], [0, 25]), left
            beat = HEARTBEAT.ask(s, 4, group=group, generation=1, member=joined["member"])
            assert beat["error"] == 25


def test_refusals_of_members(broker):
    quick(broker)
    create_topic(broker, "t", {})
    ready(broker)
    with connected(broker) as s:
        for fields, error in (({"group": ""}, 24), ({"session_ms": 5999}, 26),
                              ({"session_ms": 1800001}, 26), ({"type": ""}, 23),
                              ({"protocols": []}, 23), ({"member": "nobody"}, 25)):
            asked = dict({"group": "g", "member": "", "protocols": PROTOCOLS}, **fields)
            assert JOIN_GROUP.ask(s, 9, **asked)["error"] == error, fields
        joined = stable(s, "g")
        member, generation = joined["member"], joined["generation"]
        assert HEARTBEAT.ask(s, 4, group="g", generation=generation + 1,
                             member=member)["error"] == 22
        assert HEARTBEAT.ask(s, 4, group="g", generation=generation, member="x")["error"] == 25
        assert HEARTBEAT.ask(s, 4, group="", generation=1, member="x")["error"] == 24
        assert HEARTBEAT.ask(s, 4, group="other", generation=1, member="x")["error"] == 25
        assert HEARTBEAT.ask(s, 4, group="g", generation=generation, member=member,
                             instance="i")["error"] == 25
        assert commit(s, "g", 1, generation=generation, member=member) == 0
        assert commit(s, "g", 2, generation=generation - 1, member=member) == 22
        assert commit(s, "g", 2, generation=generation, member="x") == 25
        assert commit(s, "g", 2) == 25
        assert commit(s, "unknown", 2, generation=3, member="x") == 69
        assert commit(s, "unknown", 2, version=8, generation=3, member="x") == 22
        assert committed(s, "g") == 1
        assert SYNC_GROUP.ask(s, 5, group="g", generation=generation, member=member,
                              type=None)["error"] == 23
        assert SYNC_GROUP.ask(s, 5, group="g", generation=generation, member=member,
                              name="other")["error"] == 23
        assert SYNC_GROUP.ask(s, 5, group="g", generation=9, member=member)["error"] == 22
        assert SYNC_GROUP.ask(s, 5, group="g", generation=1, member="x")["error"] == 25
        assert JOIN_GROUP.ask(s, 9, group="g", member="", protocols=[
            {"name": "other", "metadata": b""}])["error"] == 23
        results = DELETE_GROUPS.ask(s, 2, groups=["g", "none"])["results"]
        assert {r["group"]: r["error"] for r in results} == {"g": 68, "none": 69}
        deleted = OFFSET_DELETE.ask(s, 0, group="g", topics=[
            {"name": "t", "partitions": [{"index": 0}]}])
        assert deleted["topics"][0]["partitions"][0]["error"] == 86, deleted


def test_static_members_by_hand(broker):
    quick(broker)
    create_topic(broker, "t", {})
    ready(broker)
    with connected(broker) as s:
        first = stable(s, "g", instance="i")
        second = JOIN_GROUP.ask(s, 9, group="g", member="", instance="i", protocols=PROTOCOLS)
        assert (second["error"], second["generation"]) == (0, 1), second
        assert second["skip_assignment"] and second["member"] != first["member"]
        assert sync(s, "g", second, instance="i")["assignment"] == b"all"
        for got in (HEARTBEAT.ask(s, 4, group="g", generation=1, member=first["member"],
                                  instance="i"),
                    JOIN_GROUP.ask(s, 9, group="g", member=first["member"], instance="i",
                                   protocols=PROTOCOLS),
                    sync(s, "g", first, instance="i")):
            assert got["error"] == 82, got
        assert commit(s, "g", 1, generation=1, member=first["member"], instance="i") == 82
        left = LEAVE_GROUP.ask(s, 5, group="g", members=[{"member": "", "instance": "i"}])
        assert [m["error"] for m in left["members"]] == [0], left
        assert DESCRIBE_GROUPS.ask(s, 6, groups=["g"])["groups"][0]["state"] == "Empty"


def test_looking_at_groups(broker):
    quick(broker)
    create_topic(broker, "t", {})
    ready(broker)
    with connected(broker) as s:
        joined = stable(s, "members")
        assert commit(s, "simple", 1) == 0
        for version in LIST_GROUPS.versions:
            got = LIST_GROUPS.ask(s, version)
            listed = {g["group"]: (g["type"], g.get("state", "Stable"), g.get("kind"))
                      for g in got["groups"]}
            assert listed["members"] == ("consumer", "Stable", "classic" if version > 4 else None)
            assert listed["simple"][0] == ""
        for fields, names in (({"states": ["stable"]}, ["members"]),
                              ({"states": ["Empty"]}, ["simple"]), ({"states": ["Dead"]}, []),
                              ({"types": ["Classic"]}, ["members", "simple"]),
                              ({"types": ["consumer"]}, [])):
            got = LIST_GROUPS.ask(s, 5, **fields)
            listed = sorted(g["group"] for g in got["groups"] if len(g["group"]) > 2)
            assert listed == names, (fields, got)
        for version in DESCRIBE_GROUPS.versions:
            got = DESCRIBE_GROUPS.ask(s, version, groups=["members", "simple", "none"])["groups"]
            members, simple, none = sorted(got, key=lambda g: "msn".index(g["group"][0]))
            assert (members["state"], members["type"], members["data"]) == (
                "Stable", "consumer", "range"), members
            (member,) = members["members"]
            assert (member["member"], member["client"], member["host"], member["assignment"]) == (
                joined["member"], "e2e", "/127.0.0.1", b"all"), member
            assert (simple["state"], simple["members"]) == ("Empty", [])
            assert none["error"] == (69 if version >= 6 else 0) and none["state"] == "Dead"
        assert [r["error"] for r in DELETE_GROUPS.ask(s, 1, groups=["simple"])["results"]] == [0]
        assert committed(s, "simple") == -1


def test_commits_survive_every_kill(broker):
    create_topic(broker, "t", {})
    ready(broker)
    for turn in range(5):
        for i in range(20):
            assert commit(broker, f"g{i}", turn * 100 + i) == 0
        broker.kill() if turn % 2 else broker.stop()
        broker.start()
        wait_for_groups(broker)
        for i in range(20):
            assert committed(broker, f"g{i}") == turn * 100 + i
    assert [r["error"] for r in DELETE_GROUPS.ask(broker, 2, groups=["g0"])["results"]] == [0]
    deleted = OFFSET_DELETE.ask(broker, 0, group="g1", topics=[
        {"name": "t", "partitions": [{"index": 0}]}])
    assert deleted["topics"][0]["partitions"][0]["error"] == 0
    broker.kill()
    broker.start()
    wait_for_groups(broker)
    assert [committed(broker, f"g{i}") for i in range(3)] == [-1, -1, 402]


def wait_for_groups(broker):
    """The coordinator has loaded what it had."""
    for _ in range(500):
        if LIST_GROUPS.ask(broker, 4)["error"] != 14:
            return
        time.sleep(0.02)
    raise AssertionError("the groups are never loaded")


def wait_for_kafkas_groups(kafka, names):
    """Kafka takes its time to load, and says NOT_COORDINATOR first."""
    for _ in range(300):
        groups = DESCRIBE_GROUPS.ask(kafka, 5, groups=names)["groups"]
        if not any(group["error"] for group in groups):
            return
        time.sleep(0.1)
    raise AssertionError(groups)


def test_a_member_lives_through_a_restart(broker):
    quick(broker)
    create_topic(broker, "t", {})
    ready(broker)
    joined = stable(broker, "g")
    broker.kill()
    broker.start()
    wait_for_groups(broker)
    assert HEARTBEAT.ask(broker, 4, group="g", generation=1, member=joined["member"])["error"] == 0
    assert commit(broker, "g", 7, generation=1, member=joined["member"]) == 0
    assert sync(broker, "g", joined)["assignment"] == b"all"


def test_offsets_go_with_their_topic(broker):
    create_topic(broker, "t", {})
    ready(broker)
    assert commit(broker, "g", 5) == 0
    ask_delete = ask(broker, "kafka-topics", "--delete", "--topic", "t")
    assert "rror" not in ask_delete, ask_delete
    create_topic(broker, "t", {})
    for _ in range(100):
        if committed(broker, "g") == -1:
            break
        time.sleep(0.02)
    assert committed(broker, "g") == -1


def test_who_waits_and_goes_leaves_nothing_behind(broker):
    create_topic(broker, "t", {})
    ready(broker)
    for i in range(50):
        with connected(broker) as s:
            s.sendall(JOIN_GROUP.frame(3, {"group": "g", "member": "", "protocols": PROTOCOLS}))
    with connected(broker) as s:
        s.sendall(JOIN_GROUP.frame(3, {"group": "g", "member": "", "protocols": PROTOCOLS}))
        started = time.monotonic()
        broker.stop()
        assert time.monotonic() - started < 5, "a member that waits does not hold the stop up"
    broker.start()


def test_kcat_shares_and_rebalances(broker):
    fill(broker, "t", 50, partitions=4)
    command = ["kcat", "-b", server(broker), "-G", "shared", "-X", "auto.offset.reset=earliest",
               "-f", "%p %o\n", "-u", "t"]
    one = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    first = [one.stdout.readline() for _ in range(200)]
    assert len(set(first)) == 200
    two = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        for _ in range(300):
            group = DESCRIBE_GROUPS.ask(broker, 6, groups=["shared"])["groups"][0]
            if group["state"] == "Stable" and len(group["members"]) == 2:
                break
            time.sleep(0.1)
        assert len(group["members"]) == 2, group
        assert all(member["assignment"] for member in group["members"])
    finally:
        for process in (one, two):
            process.terminate()
            process.communicate(timeout=30)
    group = DESCRIBE_GROUPS.ask(broker, 6, groups=["shared"])["groups"][0]
    assert group["state"] == "Empty", group


def test_a_hundred_members(broker):
    create_topic(broker, "t", {})
    ready(broker)
    sockets = [connected(broker) for _ in range(100)]
    try:
        ids = [JOIN_GROUP.ask(s, 9, group="g", member="", protocols=PROTOCOLS)["member"]
               for s in sockets]
        for s, member in zip(sockets, ids):
            s.sendall(JOIN_GROUP.frame(9, {"group": "g", "member": member,
                                           "protocols": PROTOCOLS}))
        joined = [JOIN_GROUP.parse(9, receive(s)) for s in sockets]
        assert [j["error"] for j in joined] == [0] * 100
        assert len({j["leader"] for j in joined}) == 1
        (leader,) = (i for i, j in enumerate(joined) if j["members"])
        assert sorted(m["member"] for m in joined[leader]["members"]) == sorted(ids)
        for i, s in enumerate(sockets):
            given = [{"member": m, "assignment": m.encode()} for m in ids] if i == leader else []
            s.sendall(SYNC_GROUP.frame(5, {"group": "g", "generation": 1, "member": ids[i],
                                           "assignments": given}))
        for member, s in zip(ids, sockets):
            assert SYNC_GROUP.parse(5, receive(s))["assignment"] == member.encode()
    finally:
        for s in sockets:
            s.close()


def test_static_members_come_back_without_a_rebalance(broker):
    fill(broker, "t", 20, partitions=2)
    settings = {"group.instance.id": "one", "session.timeout.ms": 30000}
    first = librdkafka(broker, "fixed", **settings)
    first.subscribe(["t"])
    read(first, 40)
    first.commit(asynchronous=False)
    first.close()
    before = DESCRIBE_GROUPS.ask(broker, 6, groups=["fixed"])["groups"][0]
    assert before["state"] == "Stable", "a static member does not leave"
    second = librdkafka(broker, "fixed", **settings)
    second.subscribe(["t"])
    kcat(broker, "-P", "-t", "t", "-p", "0", data=b"x\n")
    assert read(second, 1) == [(0, 20)]
    after = DESCRIBE_GROUPS.ask(broker, 6, groups=["fixed"])["groups"][0]
    assert after["members"][0]["member"] != before["members"][0]["member"]
    second.close()


def test_kafkas_own_tools(broker):
    fill(broker, "t", 100)
    got = ask(broker, "kafka-console-consumer", "--topic", "t", "--group", "java",
              "--from-beginning", "--max-messages", "60", said="Processed a total of 60 messages")
    assert len(got.splitlines()) == 60
    said = ask(broker, "kafka-consumer-groups", "--describe", "--group", "java",
               said="has no active members")
    assert re.search(r"^java +t +0 +60 +100 +40 ", said, re.M), said
    assert ask(broker, "kafka-consumer-groups", "--list").split() == ["java"]
    state = ask(broker, "kafka-consumer-groups", "--describe", "--group", "java", "--state",
                said="has no active members")
    assert re.search(r"^java .* Empty +0", state, re.M), state
    moved = ask(broker, "kafka-consumer-groups", "--group", "java", "--topic", "t",
                "--reset-offsets", "--to-offset", "10", "--execute")
    assert re.search(r"^java +t +0 +10", moved, re.M), moved
    rest = ask(broker, "kafka-console-consumer", "--topic", "t", "--group", "java",
               "--max-messages", "90", said="Processed a total of 90 messages")
    assert len(rest.splitlines()) == 90
    ask(broker, "kafka-consumer-groups", "--delete-offsets", "--group", "java", "--topic", "t")
    assert committed(broker, "java") == -1
    assert "successful" in ask(broker, "kafka-consumer-groups", "--delete", "--group", "java")
    again = ask(broker, "kafka-consumer-groups", "--delete", "--group", "java")
    assert "GroupIdNotFoundException" in again, again
    assert ask(broker, "kafka-consumer-groups", "--list").split() == []
    described = ask(broker, "kafka-topics", "--describe", "--topic", "__consumer_offsets")
    assert re.search("PartitionCount: 50\t", described), described
    for config in ("cleanup.policy=compact", "compression.type=producer",
                   "segment.bytes=104857600"):
        assert config in described, described


def test_groups_over_two_cores(broker):
    broker.stop()
    broker.settings += ["odradek.cores=2", "group.initial.rebalance.delay.ms=0"]
    broker.start()
    fill(broker, "t", 50, partitions=4)
    ready(broker)
    with connected(broker) as s:
        for i in range(40):
            assert commit(s, f"simple{i}", i) == 0
            assert committed(s, f"simple{i}") == i
        for i in range(4):
            stable(s, f"members{i}", member="")
        assert len(LIST_GROUPS.ask(s, 5)["groups"]) == 44
        got = OFFSET_FETCH.ask(s, 9, groups=[
            {"group": f"simple{i}", "topics": None} for i in range(40)])["groups"]
        assert [g["topics"][0]["partitions"][0]["offset"] for g in got] == list(range(40))
        deleted = DELETE_GROUPS.ask(s, 2, groups=[f"simple{i}" for i in range(40)])["results"]
        assert [r["error"] for r in deleted] == [0] * 40
    consumers = [librdkafka(broker, "two") for _ in range(2)]
    for consumer in consumers:
        consumer.subscribe(["t"])
    got = set()
    deadline = time.monotonic() + 40
    while len(got) < 200 and time.monotonic() < deadline:
        for consumer in consumers:
            message = consumer.poll(0.05)
            if message is not None and message.error() is None:
                got.add((message.partition(), message.offset()))
    assert len(got) == 200
    for consumer in consumers:
        consumer.close()


def test_kafka_takes_the_groups_over_and_gives_them_back(broker):
    fill(broker, "t", 100)
    consumer = librdkafka(broker, "members")
    consumer.subscribe(["t"])
    read(consumer, 30)
    consumer.commit(offsets=[Place("t", 0, 30, "ours")], asynchronous=False)
    consumer.close()
    assert commit(broker, "simple", 11) == 0
    assert commit(broker, "gone", 12) == 0
    assert [r["error"] for r in DELETE_GROUPS.ask(broker, 2, groups=["gone"])["results"]] == [0]
    broker.stop()
    with Kafka(broker).start() as kafka:
        wait_for_kafkas_groups(kafka, ["members", "simple", "gone", "new"])
        assert [committed(kafka, g) for g in ("members", "simple", "gone")] == [30, 11, -1]
        listed = ask(kafka, "kafka-consumer-groups", "--list").split()
        assert sorted(listed) == ["members", "simple"], listed
        consumer = librdkafka(kafka, "members")
        consumer.subscribe(["t"])
        assert read(consumer, 20) == [(0, i) for i in range(30, 50)]
        consumer.commit(offsets=[Place("t", 0, 50, "theirs")], asynchronous=False)
        consumer.close()
        assert commit(kafka, "simple", 21) == 0 and commit(kafka, "new", 22) == 0
    broker.start()
    wait_for_groups(broker)
    assert [committed(broker, g) for g in ("members", "simple", "new")] == [50, 21, 22]
    groups = {g["group"]: (g["state"], g["type"]) for g in LIST_GROUPS.ask(broker, 4)["groups"]}
    assert groups == {"members": ("Empty", "consumer"), "simple": ("Empty", ""),
                      "new": ("Empty", "")}, groups
    consumer = librdkafka(broker, "members")
    consumer.subscribe(["t"])
    assert read(consumer, 50) == [(0, i) for i in range(50, 100)]
    consumer.close()
