"""Records go: by DeleteRecords, and when retention says so."""
import json
import pathlib
import tempfile
import time

from confluent_kafka import Consumer, KafkaException, TopicPartition as Place
from confluent_kafka.admin import AdminClient
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from batches import batch, record
from cases_takeover import Kafka
from harness import Broker, kcat, words
from kafka_tools import run_tool
from messages import Api
from wire import create_topic, produce

ONCE = {"test_kafkas_delete_records_tool", "test_librdkafka_deletes_records",
        "test_kafka_python_deletes_records", "test_what_stays_is_what_kafka_keeps"}
LONG_ONLY = {"test_what_stays_is_what_kafka_keeps"}

DELETE_RECORDS = Api(21, 2, range(0, 3), """
    topics:[ name:str partitions:[ index:i32 offset:i64 ] ] timeout_ms:i32=30000""", """
    throttle_time_ms:i32
    topics:[ name:str partitions:[ index:i32 low_watermark:i64 error:i16 ] ]""")

OUT_OF_RANGE, UNKNOWN, INVALID_TOPIC, POLICY = 1, 3, 17, 44


def delete(broker, topic, offset, partition=0, version=2):
    """Error and low watermark."""
    answer = DELETE_RECORDS.ask(broker, version, topics=[
        {"name": topic, "partitions": [{"index": partition, "offset": offset}]}])
    (found,) = answer["topics"][0]["partitions"]
    assert (answer["topics"][0]["name"], found["index"]) == (topic, partition)
    return found["error"], found["low_watermark"]


def earliest(broker, topic):
    consumer = KafkaConsumer(bootstrap_servers=f"127.0.0.1:{broker.port}")
    place = TopicPartition(topic, 0)
    offsets = consumer.beginning_offsets([place])[place], consumer.end_offsets([place])[place]
    consumer.close()
    return offsets


def segments(broker, topic):
    return sorted(int(path.stem) for path in (broker.data / f"{topic}-0").glob("*.log"))


def read(broker, topic, offset="beginning"):
    return kcat(broker, "-C", "-t", topic, "-p", "0", "-o", str(offset), "-e", "-q")


def test_delete_records(broker):
    lines = words(100, "delete").splitlines(keepends=True)
    create_topic(broker, "words", {})
    kcat(broker, "-P", "-t", "words", data=b"".join(lines))
    assert delete(broker, "words", 0) == (0, 0)
    for version in DELETE_RECORDS.versions:
        assert delete(broker, "words", 10 + version, version=version) == (0, 10 + version)
    assert delete(broker, "words", 5) == (0, 12), "it never goes back"
    assert earliest(broker, "words") == (12, 100)
    assert read(broker, "words") == b"".join(lines[12:])
    for offset, error in ((101, OUT_OF_RANGE), (-2, OUT_OF_RANGE)):
        assert delete(broker, "words", offset) == (error, -1)
    assert delete(broker, "words", 1, partition=1) == (UNKNOWN, -1)
    assert delete(broker, "nothing", 1) == (UNKNOWN, -1)
    broker.kill()
    broker.start()
    assert earliest(broker, "words") == (12, 100)
    assert delete(broker, "words", -1) == (0, 100)
    assert read(broker, "words") == b""
    broker.stop()
    assert "words 0 100\n" in (broker.data / "log-start-offset-checkpoint").read_text()
    broker.start()
    assert earliest(broker, "words") == (100, 100)
    kcat(broker, "-P", "-t", "words", data=b"more\n")
    assert read(broker, "words") == b"more\n"


def test_the_last_offset_of_a_partition_that_is_named_twice_counts(broker):
    create_topic(broker, "twice", {}, partitions=2)
    kcat(broker, "-P", "-t", "twice", "-p", "0", data=b"a\nb\nc\n")
    answer = DELETE_RECORDS.ask(broker, 2, topics=[{"name": "twice", "partitions": [
        {"index": 0, "offset": 3}, {"index": 1, "offset": -1}, {"index": 0, "offset": 2}]}])
    found = {p["index"]: (p["error"], p["low_watermark"])
             for p in answer["topics"][0]["partitions"]}
    assert found == {0: (0, 2), 1: (0, 0)}, answer


def test_what_may_not_be_deleted(broker):
    create_topic(broker, "compacted", {"cleanup.policy": "compact"})
    create_topic(broker, "both", {"cleanup.policy": "compact,delete"})
    for topic in ("compacted", "both"):
        assert produce(broker, topic, batch(records=[record(key=b"k")])) == (0, 0)
    assert delete(broker, "compacted", 1) == (POLICY, -1)
    assert delete(broker, "both", 1) == (0, 1)
    consumer = KafkaConsumer("both", bootstrap_servers=f"127.0.0.1:{broker.port}",
                             group_id="group")
    consumer.poll(5000)
    consumer.commit()
    consumer.close()
    assert delete(broker, "__consumer_offsets", 0) == (INVALID_TOPIC, -1)


def test_segments_that_are_deleted_leave_the_disk_at_once(broker):
    create_topic(broker, "large", {"segment.bytes": "1048576"})
    kcat(broker, "-P", "-t", "large", data=(b"x" * 999 + b"\n") * 5000)
    broker.stop()
    broker.start()
    before = segments(broker, "large")
    assert len(before) >= 4
    assert delete(broker, "large", before[2] + 1) == (0, before[2] + 1)
    broker.kill()
    broker.start()
    assert earliest(broker, "large") == (before[2] + 1, 5000)
    until(lambda: segments(broker, "large") == before[2:])  # in the background, behind the start
    assert len(read(broker, "large").splitlines()) == 5000 - before[2] - 1


def test_kafkas_delete_records_tool(broker):
    create_topic(broker, "tool", {})
    kcat(broker, "-P", "-t", "tool", data=b"a\nb\nc\nd\n")
    with tempfile.TemporaryDirectory() as home:
        asked = pathlib.Path(home) / "offsets.json"
        for offset, said in ((3, "tool-0\tlow_watermark: 3"), (-1, "tool-0\tlow_watermark: 4"),
                             (9, "OffsetOutOfRangeException")):
            asked.write_text(json.dumps({"version": 1, "partitions": [
                {"topic": "tool", "partition": 0, "offset": offset}]}))
            code, out, err = run_tool("kafka-delete-records", "--bootstrap-server",
                                      f"127.0.0.1:{broker.port}", "--offset-json-file", asked)
            assert code == 0 and said in out, (code, out, err)


def test_librdkafka_deletes_records(broker):
    create_topic(broker, "rd", {})
    kcat(broker, "-P", "-t", "rd", data=b"a\nb\nc\nd\n")
    admin = AdminClient({"bootstrap.servers": f"127.0.0.1:{broker.port}"})
    place = Place("rd", 0, 2)
    assert admin.delete_records([place])[place].result(20).low_watermark == 2
    try:
        admin.delete_records([Place("rd", 0, 9)])[Place("rd", 0, 9)].result(20)
        raise AssertionError("an offset behind the end is refused")
    except KafkaException as error:
        assert error.args[0].name() == "OFFSET_OUT_OF_RANGE", error
    consumer = Consumer({"bootstrap.servers": f"127.0.0.1:{broker.port}", "group.id": "g",
                         "auto.offset.reset": "earliest"})
    assert consumer.get_watermark_offsets(Place("rd", 0), 10) == (2, 4)
    consumer.assign([Place("rd", 0, 0)])  # what is gone: it begins at the earliest
    got = [consumer.poll(20).value() for _ in range(2)]
    consumer.close()
    assert got == [b"c", b"d"]


def test_kafka_python_deletes_records(broker):
    create_topic(broker, "py", {})
    kcat(broker, "-P", "-t", "py", data=b"a\nb\nc\nd\n")
    admin = KafkaAdminClient(bootstrap_servers=f"127.0.0.1:{broker.port}")
    place = TopicPartition("py", 0)
    answer = admin.delete_records({place: 3}, timeout_ms=10000)
    assert answer[place]["low_watermark"] == 3, answer
    admin.close()
    assert earliest(broker, "py") == (3, 4)
    assert read(broker, "py") == b"d\n"


def until(condition, patience=30):
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_records_go_when_their_time_is_over(broker):
    create_topic(broker, "short", {"retention.ms": "2000"})
    kcat(broker, "-P", "-t", "short", data=b"a\nb\n")
    assert earliest(broker, "short") == (0, 2)
    until(lambda: earliest(broker, "short") == (2, 2))
    until(lambda: segments(broker, "short") == [2])
    kcat(broker, "-P", "-t", "short", data=b"c\n")
    assert read(broker, "short") == b"c\n"
    broker.kill()
    broker.start()
    assert earliest(broker, "short")[0] in (2, 3)


def test_old_timestamps_are_not_gone_at_once(broker):
    create_topic(broker, "old", {"segment.ms": "1000"})
    for when in (1000, 5000, 9000):
        assert produce(broker, "old", batch(base_time=when))[0] == 0
    time.sleep(2)
    assert earliest(broker, "old") == (0, 3)


def fill(broker):
    """The same input for two brokers: forty batches, in time from the oldest to now."""
    now = int(time.time() * 1000)
    for topic, configs in KEPT.items():
        create_topic(broker, topic, dict(configs, **{"segment.bytes": "1048576"}))
    for topic in KEPT:
        for i in range(40):
            sent = batch([b"x" * 100000], base_time=now - (40 - i) * 3600000)
            assert produce(broker, topic, sent) == (0, i)


KEPT = {
    "everything": {"retention.ms": "-1"},
    "by-size": {"retention.ms": "-1", "retention.bytes": "2000000"},
    "by-size-exactly": {"retention.ms": "-1", "retention.bytes": "2000680"},
    "by-time": {"retention.ms": "43200000"},
    "by-both": {"retention.ms": "72000000", "retention.bytes": "1500000"},
    "all-by-time": {"retention.ms": "3600000"},
    "all-by-size": {"retention.ms": "-1", "retention.bytes": "0"},
}


def test_what_stays_is_what_kafka_keeps(broker):
    broker.stop()
    # Both look only when everything is there: an active segment that went earlier would shift the
    # bounds of those behind it.
    broker.settings.append("log.retention.check.interval.ms=10000")
    broker.start()
    fill(broker)
    kafka_side = Broker()
    kafka_side.data.mkdir()
    kafka = Kafka(kafka_side).format()
    with open(kafka.path, "a") as settings:
        settings.write("log.retention.check.interval.ms=1000\nlog.initial.task.delay.ms=40000\n")
    with kafka.start():
        fill(kafka)
        kept = {}

        def settled():
            before = dict(kept)
            for topic in KEPT:
                kept[topic] = earliest(kafka, topic)
            time.sleep(5)
            return before == kept and kept["all-by-size"] == (40, 40)
        until(settled, 150)
        ours = {topic: earliest(broker, topic) for topic in KEPT}
        assert ours == kept, (ours, kept)
        for topic in KEPT:
            assert segments(broker, topic) == segments(kafka_side, topic), topic
    kafka_side.close()
