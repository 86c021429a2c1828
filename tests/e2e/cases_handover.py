"""What lies beside records survives a stay with us: settings, quorum, transactions."""
import json
import os
import re
import shutil
import subprocess
import time

from cases_takeover import Kafka
from harness import kcat, words
from kafka_tools import run_tool, tool

ONCE = {"test_kafka_serves_what_we_stored_and_gives_it_back", "test_everything_survives_a_stay",
        "test_a_directory_that_was_only_formatted", "test_kafka_crashed_here",
        "test_larger_clusters_are_refused"}
LONG_ONLY = {"test_everything_survives_a_stay", "test_kafka_crashed_here"}

# Kafka with what a catalog can hold, and a compaction that is soon done.
RICH = """authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
offsets.topic.num.partitions=3
transaction.state.log.num.partitions=3
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
log.cleaner.backoff.ms=200
"""


def rich_kafka(broker):
    kafka = Kafka(broker)
    text = kafka.path.read_text().replace("controller.quorum.voters=1@",
                                          "controller.quorum.bootstrap.servers=")
    kafka.path.write_text(text + RICH)
    return kafka


def format_dynamic(kafka):
    tool("kafka-storage", "format", "--standalone", "-t", "abcdefghijklmnopqrstuw", "-c",
         str(kafka.path))
    return kafka


def takeover(server, verb, *arguments):
    code, out, err = run_tool("takeover", verb, f"127.0.0.1:{server.port}", *arguments,
                              timeout=120)
    assert code == 0, out[-2000:] + err[-3000:]
    return sorted(out.splitlines())


def records_of(lines):
    """Topic ids and records, which every broker must show alike."""
    return [line for line in lines if line.startswith(("topic ", "read_"))]


def without(lines, *topics):
    return [line for line in lines if not any(topic in line for topic in topics)]


def clear(broker):
    broker.stop()
    shutil.rmtree(broker.data)


def check_catalog_files(broker):
    """Kafka's own reader finds nothing wrong in our log and our snapshots."""
    directory = broker.data / "__cluster_metadata-0"
    files = sorted(directory.glob("*.log")) + sorted(directory.glob("*.checkpoint"))
    assert any(path.suffix == ".checkpoint" for path in files), files
    for path in files:
        out = tool("kafka-dump-log", "--cluster-metadata-decoder", "--files", str(path))
        assert "baseOffset: 0" in out and "isvalid: false" not in out, out[-2000:]


def test_kafka_serves_what_we_stored_and_gives_it_back(broker):
    wanted = words(5000, 1)
    kcat(broker, "-P", "-t", "handed", "-z", "zstd", "-X", "enable.idempotence=true", data=wanted)
    broker.stop()
    check_catalog_files(broker)
    with rich_kafka(broker).start() as kafka:
        assert kcat(kafka, "-C", "-t", "handed", "-e", "-q") == wanted
        kcat(kafka, "-P", "-t", "handed", data=wanted)
    broker.start()
    assert kcat(broker, "-C", "-t", "handed", "-e", "-q") == wanted + wanted


def test_a_directory_that_was_only_formatted(broker):
    clear(broker)
    kafka = rich_kafka(broker)
    tool("kafka-storage", "format", "--standalone", "-t", "abcdefghijklmnopqrstuw", "-c",
         str(kafka.path), "--add-scram", "SCRAM-SHA-256=[name=alice,password=secret]",
         "--feature", "share.version=0")
    broker.start()
    kcat(broker, "-P", "-t", "first", data=b"1\n")
    broker.stop()
    check_catalog_files(broker)
    newest = str(snapshots(broker)[-1])
    out = tool("kafka-dump-log", "--cluster-metadata-decoder", "--files", newest)
    assert '"type":"USER_SCRAM_CREDENTIAL_RECORD"' in out and '"name":"alice"' in out, out
    assert re.search(r'KRaftVoters .*"host":"127.0.0.1"', out), "of the format, not of ours"
    levels = re.findall(r'"name":"([a-z.]*)","featureLevel":(\d+)', out)
    assert ("metadata.version", "29") in levels and "share.version" not in dict(levels), levels
    assert '"name":"min.insync.replicas","value":"1"' in out, out


def test_everything_survives_a_stay(broker):
    clear(broker)
    with format_dynamic(rich_kafka(broker)).start() as kafka:
        takeover(kafka, "fill", "1")
        takeover(kafka, "settings")
        before = takeover(kafka, "all")
    for turn in range(2):
        broker.start()
        assert records_of(takeover(broker, "records")) == records_of(before), turn
        kcat(broker, "-P", "-t", f"ours{turn}", data=words(1000, turn))
        if turn == 1:
            broker.kill()
            broker.start()
        assert kcat(broker, "-C", "-t", f"ours{turn}", "-e", "-q") == words(1000, turn)
        broker.stop()
        check_catalog_files(broker)
        with rich_kafka(broker).start() as kafka:
            after = takeover(kafka, "all")
            assert without(after, "ours") == without(before, "ours"), turn
            assert kcat(kafka, "-C", "-t", f"ours{turn}", "-e", "-q") == words(1000, turn)
            takeover(kafka, "fill", str(turn + 2))
            before = takeover(kafka, "all")


def test_kafka_crashed_here(broker):
    clear(broker)
    kafka = format_dynamic(rich_kafka(broker)).start()
    takeover(kafka, "fill", "1")
    before = takeover(kafka, "records")
    kafka.process.kill()
    kafka.process.wait(20)
    broker.start()
    assert records_of(takeover(broker, "records")) == records_of(before)
    broker.stop()
    with rich_kafka(broker).start() as kafka:
        assert takeover(kafka, "records") == before


def test_larger_clusters_are_refused(broker):
    broker.stop()
    state = broker.data / "__cluster_metadata-0" / "quorum-state"
    ours = state.read_text()
    several = {"clusterId": "", "leaderId": 1, "leaderEpoch": 9, "votedId": -1, "appliedOffset": 0,
               "currentVoters": [{"voterId": 1}, {"voterId": 2}], "data_version": 0}
    followed = {**json.loads(ours), "leaderId": 2}
    for other in (several, followed):
        state.write_text(json.dumps(other))
        refused = subprocess.run(broker.command(), stderr=subprocess.PIPE, timeout=20)
        assert refused.returncode != 0 and b"larger cluster" in refused.stderr, refused.stderr
    state.write_text(ours)
    broker.start()
    kcat(broker, "-P", "-t", "kept", data=b"1\n")
    broker.stop()
    shutil.move(broker.data / "__cluster_metadata-0", broker.data.parent / "aside")
    lost = subprocess.run(broker.command(), stderr=subprocess.PIPE, timeout=20)
    assert lost.returncode != 0 and b"no metadata log" in lost.stderr, lost.stderr
    assert (broker.data / "kept-0").exists(), "nothing is set aside before that"
    shutil.move(broker.data.parent / "aside", broker.data / "__cluster_metadata-0")
    broker.start()
    assert kcat(broker, "-C", "-t", "kept", "-e", "-q") == b"1\n"


def test_a_deletion_that_was_cut_short_is_not_seen_again(broker):
    kcat(broker, "-P", "-t", "again", data=b"old\n")
    broker.stop()
    stray = broker.data / "gone-0"
    shutil.copytree(broker.data / "again-0", stray)
    deleted = broker.data / "gone-1.0123456789abcdef0123456789abcdef-delete"
    shutil.copytree(broker.data / "again-0", deleted)
    broker.start()
    assert not stray.exists() and not deleted.exists()
    kcat(broker, "-P", "-t", "gone", data=b"new\n")
    assert kcat(broker, "-C", "-t", "gone", "-e", "-q") == b"new\n"
    assert kcat(broker, "-C", "-t", "again", "-e", "-q") == b"old\n"


def test_a_checkpoint_left_by_a_stop_that_was_cut_short_counts_for_nothing(broker):
    """Regression: with that of stream 0 gone, the partitions it named were taken for empty."""
    broker.kill()
    broker.settings = ["odradek.cores=2"]
    broker.start()
    texts = {f"left-{i}": words(500, i) for i in range(8)}
    for topic, text in texts.items():
        kcat(broker, "-P", "-t", topic, data=text)
    time.sleep(1.5)  # flushed and in the checkpoints
    broker.kill()
    left = {path: path.read_bytes() for path in broker.data.glob(".odradek-checkpoint-1-*")}
    assert left
    broker.start()
    broker.stop()
    for path, data in left.items():
        path.write_bytes(data)
    (broker.data / ".kafka_cleanshutdown").unlink()
    broker.start()
    for topic, text in texts.items():
        assert kcat(broker, "-C", "-t", topic, "-e", "-q") == text, topic


def snapshots(broker):
    return sorted((broker.data / "__cluster_metadata-0").glob("*.checkpoint"))


def test_a_growing_catalog_is_snapshotted_while_it_runs(broker):
    broker.stop()
    clean = snapshots(broker)
    assert len(clean) == 1
    broker.settings = ["metadata.log.max.record.bytes.between.snapshots=3000"]
    broker.start()
    deadline = time.monotonic() + 20
    count = 0
    while len(snapshots(broker)) < 2 or count < 60:
        assert time.monotonic() < deadline, os.listdir(broker.data / "__cluster_metadata-0")
        kcat(broker, "-L", "-t", f"topic-{count}")
        count += 1
    broker.kill()
    broker.start()
    listed = kcat(broker, "-L").decode()
    assert all(f'topic "topic-{i}" with 1 partitions' in listed for i in range(count)), listed
    broker.stop()
    newest = snapshots(broker)[-1]
    newest.write_bytes(newest.read_bytes()[:-1] + b"x")
    broker.start()
    assert "is damaged: an older snapshot is taken" in broker.text()
    assert kcat(broker, "-L").decode().count("with 1 partitions") == count
