"""What Kafka 4.2 answers to odd produce requests, row by row, in five versions of Produce.

Where an answer of ours differs from Kafka's on purpose, the row says why.
"""
import socket
import struct
import time

from batches import batch, gzipped, message_set, parse, record
from messages import API_VERSIONS, FETCH, PRODUCE, create_topic
from wire import frame, read_exactly, receive

VERSIONS = (3, 7, 9, 12, 13)
HOUR_MS = 3600000

NONE, CORRUPT_MESSAGE, UNKNOWN_PARTITION, TOO_LARGE = 0, 2, 3, 10
LIST_TOO_LARGE, BAD_ACKS, BAD_TIMESTAMP, OUT_OF_ORDER, BAD_EPOCH = 18, 21, 32, 45, 47
NOT_AUTHORIZED, BAD_COMPRESSION, INVALID_RECORD, UNKNOWN_TOPIC_ID = 53, 76, 87, 100
UNKNOWN_ERROR = -1


def now():
    return int(time.time() * 1000)


def sized(size):
    """A batch of exactly `size` bytes, prefix included."""
    return batch([b"x" * (size - 61 - len(record(b"x" * (size - 80))) + (size - 80))])


def without_key():
    return batch(records=[record(b"v", key=b"k"), record(b"v", offset=1)])


# Name, records, error, log start offset in the answer (from version 5 on), topic, versions.
ROWS = [
    ("good", batch(), NONE, 0),
    ("several records", batch([b"a", b"b", b"c"]), NONE, 0),
    ("base offset 5", batch(base_offset=5), INVALID_RECORD, 0),
    ("base offset -1", batch(base_offset=-1), INVALID_RECORD, 0),
    ("leader epoch 77", batch(leader_epoch=77), NONE, 0),
    ("bad crc", batch(crc=1), CORRUPT_MESSAGE, -1),
    ("magic 3", batch(magic=3), CORRUPT_MESSAGE, -1),
    ("length field 10", batch(length=10), CORRUPT_MESSAGE, -1),
    ("magic 1", message_set(1), INVALID_RECORD, -1),
    ("magic 0", message_set(0), INVALID_RECORD, -1),
    ("two batches", batch() + batch(), INVALID_RECORD, -1),
    ("no bytes", b"", INVALID_RECORD, -1),
    ("cut short", batch()[:-3], INVALID_RECORD, -1),
    ("5 stray bytes behind", batch() + b"12345", NONE, 0),
    # Kafka trips over null while logging, and the connection stays mute for ever.
    ("null", None, INVALID_RECORD, -1),
    ("last offset delta 3 of 1", batch(last_delta=3), INVALID_RECORD, 0),
    ("count 0", batch(count=0), INVALID_RECORD, 0),
    ("count -1", batch(count=-1), INVALID_RECORD, 0),
    ("count 2 of 1", batch(count=2, last_delta=1), INVALID_RECORD, 0),
    ("count 1 of 2", batch([b"a", b"b"], count=1, last_delta=0), INVALID_RECORD, 0),
    ("record length past the end", batch(records=[record(length=99)]), INVALID_RECORD, 0),
    ("record length negative", batch(records=[record(length=-5)]), INVALID_RECORD, 0),
    ("offset deltas 0, 2", batch(records=[record(), record(offset=2)]), NONE, 0),
    ("1000 bytes of 1000", sized(1000), NONE, 0, "small"),
    ("1001 bytes of 1000", sized(1001), TOO_LARGE, -1, "small"),
    ("larger than a segment", sized(1500000), LIST_TOO_LARGE, -1, "segment"),
    ("two hours ahead", batch(base_time=now() + 2 * HOUR_MS), BAD_TIMESTAMP, 0),
    ("time -1", batch(base_time=-1), NONE, 0),
    ("time 0", batch(base_time=0), NONE, 0),
    ("wrong max timestamp", batch(base_time=1000, max_time=5000), NONE, 0),
    ("timestamp type set by the client", batch(attributes=8), NONE, 0),
    ("log append time", batch(base_time=1000), NONE, 0, "stamped"),
    ("null key, compacted", without_key(), INVALID_RECORD, 0, "compacted"),
    ("all keys, compacted", batch(records=[record(b"v", key=b"k")]), NONE, 0, "compacted"),
    ("control", batch(attributes=0x20), INVALID_RECORD, 0),
    ("bit 6", batch(attributes=0x40), NONE, 0),
    ("bit 7", batch(attributes=0x80), NONE, 0),
    ("compression 5", batch(attributes=5), UNKNOWN_ERROR, 0),
    ("gzip", gzipped([b"a", b"b"]), NONE, 0),
    # Compressed records are looked at where the topic asks for it; Kafka always looks.
    ("gzip with offset deltas 0, 2", gzipped(records=[record(), record(offset=2)]),
     UNKNOWN_ERROR, 0, "recoded"),
    ("broken gzip", batch(records=[record()], packed=b"no gzip", attributes=1),
     UNKNOWN_ERROR, 0, "recoded"),
    ("gzip, recoded", gzipped([b"a", b"b"]), NONE, 0, "recoded"),
    ("gzip without a key, compacted", gzipped(records=[record()]), INVALID_RECORD, 0, "compacted"),
    ("gzip with keys, compacted", gzipped(records=[record(key=b"k")]), NONE, 0, "compacted"),
    ("zstd before version 7", batch(attributes=4), BAD_COMPRESSION, -1, "plain", (3,)),
    ("producer id, sequence -1", batch(producer=(1, 0, -1)), INVALID_RECORD, 0),
    ("unknown producer begins at 7", batch(producer=(7000, 0, 7)), NONE, 0),
    ("transactional bit alone", batch(attributes=0x10), NOT_AUTHORIZED, -1),
    ("min.insync.replicas=2 of one", batch(), NONE, 0, "insync"),
]

TOPICS = {
    "plain": {},
    "small": {"max_message_bytes": 1000},
    "segment": {"segment_bytes": 1048576, "max_message_bytes": 4000000},
    "stamped": {"message_timestamp_type": "LogAppendTime"},
    "compacted": {"cleanup_policy": "compact"},
    "insync": {"min_insync_replicas": 2},
    "recoded": {"compression_type": "lz4"},
}


class Topic:
    def __init__(self, broker, name, partitions=1, **configs):
        self.name = name
        self.id = create_topic(broker, name, partitions, **configs)
        self.end = 0

    def named(self, version):
        return {"id": self.id} if version >= 13 else {"name": self.name}


def produce(where, version, topic, *parts, acks=-1, **fields):
    """`parts` are records of the partitions 0, 1, ...; the answers of those partitions."""
    partitions = [{"index": i, "records": records} for i, records in enumerate(parts)]
    answer = PRODUCE.ask(where, version, acks=acks,
                         topics=[dict(topic.named(version), partitions=partitions)], **fields)
    if answer is None:
        return None
    found = answer["topics"][0]["partitions"]
    return found[0] if len(parts) == 1 else found


def stored(broker, topic, offset):
    """The first batch a fetch at `offset` brings."""
    answer = FETCH.ask(broker, 11, max_wait_ms=0, topics=[
        {"name": topic.name, "partitions": [{"index": 0, "offset": offset}]}])
    return parse(answer["topics"][0]["partitions"][0]["records"])


def check_answer(name, version, got, error, log_start, offset):
    said = f"{name}, version {version}: {got}"
    assert got["error"] == error, said
    assert got["base_offset"] == (-1 if error else offset), said
    if version >= 5:
        assert got["log_start_offset"] == log_start, said
    if version >= 8:
        named = error == BAD_TIMESTAMP or name.endswith(" key, compacted")
        assert bool(got["record_errors"]) == named, said
        assert (got["error_message"] is not None) == named, said


def test_odd_batches_get_kafkas_answers_in_every_version(broker):
    topics = {name: Topic(broker, f"odd-{name}", **configs) for name, configs in TOPICS.items()}
    with socket.create_connection(("127.0.0.1", broker.port), timeout=20) as s:
        for version in VERSIONS:
            for name, records, error, log_start, *rest in ROWS:
                topic = topics[rest[0] if rest else "plain"]
                if len(rest) > 1 and version not in rest[1]:
                    continue
                if name == "unknown producer begins at 7":
                    records = batch(producer=(7000 + version, 0, 7))
                got = produce(s, version, topic, records)
                assert got is not None, f"{name}, version {version}: closed"
                check_answer(name, version, got, error, log_start, topic.end)
                topic.end += 0 if error else parse(records)["count"]


def test_a_null_key_and_a_wrong_time_are_named_by_their_index(broker):
    compacted = Topic(broker, "index-compacted", cleanup_policy="compact")
    plain = Topic(broker, "index-plain")
    late = batch(records=[record(), record(offset=1, time_delta=2 * HOUR_MS)])
    for version in (9, 12, 13):
        got = produce(broker, version, compacted, without_key())
        assert [e["index"] for e in got["record_errors"]] == [1], got
        got = produce(broker, version, plain, late)
        assert got["error"] == BAD_TIMESTAMP, got
        assert [e["index"] for e in got["record_errors"]] == [1], got
        assert got["record_errors"][0]["message"], got


def test_the_broker_corrects_what_it_stores(broker):
    plain = Topic(broker, "corrected")
    stamped = Topic(broker, "corrected-stamp", message_timestamp_type="LogAppendTime")
    rows = [batch(base_time=1000, max_time=5000), batch(base_time=1000, attributes=8),
            batch(base_time=1000, leader_epoch=77),
            batch(base_time=1000, records=[record(), record(offset=2)]),
            batch(base_time=1000, attributes=0xC0)]
    for sent in rows:
        offset = produce(broker, 7, plain, sent)["base_offset"]
        got, was = stored(broker, plain, offset), parse(sent)
        assert got["crc_good"] and got["base_offset"] == offset, got
        assert got["body"] == was["body"] and got["base_time"] == 1000, got
        assert got["max_time"] == 1000 and got["leader_epoch"] != 77, got
        assert got["attributes"] == was["attributes"] & ~8, got
    before = now()
    answer = produce(broker, 7, stamped, batch(base_time=1000))
    got = stored(broker, stamped, 0)
    assert got["crc_good"] and got["attributes"] == 8 and got["base_time"] == 1000, got
    assert got["max_time"] == answer["log_append_time_ms"] >= before, (got, answer)
    assert produce(broker, 7, plain, batch())["log_append_time_ms"] == -1


def test_one_bad_partition_does_not_harm_the_others(broker):
    for version in VERSIONS:
        topic = Topic(broker, f"beside-{version}", partitions=4)
        got = produce(broker, version, topic, batch()[:-3], batch(), batch(crc=1), batch())
        assert [p["error"] for p in got] == [INVALID_RECORD, NONE, CORRUPT_MESSAGE, NONE], got
        assert [p["base_offset"] for p in got] == [-1, 0, -1, 0], got
        assert produce(broker, version, topic, batch())["base_offset"] == 0, "no gap"


def test_unknown_topics_and_partitions(broker):
    topic = Topic(broker, "known")
    for version in VERSIONS[:-1]:
        for name in ("nowhere", "../x", "", "x" * 250):
            answer = PRODUCE.ask(broker, version, topics=[
                {"name": name, "partitions": [{"index": 0, "records": batch()}]}])
            got = answer["topics"][0]["partitions"][0]
            assert (got["error"], got["base_offset"]) == (UNKNOWN_PARTITION, -1), (version, got)
            assert got.get("log_start_offset", -1) == -1, got
    for unknown in (bytes(16), b"u" * 16):
        answer = PRODUCE.ask(broker, 13, topics=[
            {"id": unknown, "partitions": [{"index": 0, "records": batch()}]}])
        got = answer["topics"][0]["partitions"][0]
        assert (got["error"], got["log_start_offset"]) == (UNKNOWN_TOPIC_ID, -1), got
        assert answer["topics"][0]["id"] == unknown
    for version in VERSIONS:
        for index in (1, -1, 0x7FFFFFFF, -0x80000000):
            answer = PRODUCE.ask(broker, version, topics=[
                dict(topic.named(version), partitions=[{"index": index, "records": batch()}])])
            got = answer["topics"][0]["partitions"][0]
            assert (got["index"], got["error"]) == (index, UNKNOWN_PARTITION), got


def test_required_acks(broker):
    topic, missing = Topic(broker, "acks"), Topic.__new__(Topic)
    missing.name, missing.id = "acks-nowhere", b"n" * 16
    for version in VERSIONS:
        for acks in (2, -2, 32767):
            assert produce(broker, version, topic, batch(), acks=acks)["error"] == BAD_ACKS
            expected = UNKNOWN_TOPIC_ID if version == 13 else UNKNOWN_PARTITION
            assert produce(broker, version, missing, batch(), acks=acks)["error"] == expected
        for acks in (1, -1):
            assert produce(broker, version, topic, batch(), acks=acks)["error"] == NONE


def test_acks_0_is_silent_when_good_and_closes_when_not(broker):
    topic = Topic(broker, "silent", max_message_bytes=1000)
    missing = Topic.__new__(Topic)
    missing.name, missing.id = "silent-nowhere", b"n" * 16
    for version in VERSIONS:
        with socket.create_connection(("127.0.0.1", broker.port), timeout=10) as s:
            body = {"acks": 0, "topics": [dict(topic.named(version),
                                               partitions=[{"index": 0, "records": batch()}])]}
            s.sendall(PRODUCE.frame(version, body))
            assert API_VERSIONS.ask(s, 0)["error"] == 0
        for records in (batch(crc=1), batch() + batch(), sized(1001), None):
            assert produce(broker, version, topic, records, acks=0) is None, (version, records)
        assert produce(broker, version, missing, batch(), acks=0) is None


def test_idempotent_producers(broker):
    for version in VERSIONS:
        topic = Topic(broker, f"idem-{version}")

        def send(sequence, count=1, epoch=0, base_time=5000):
            got = produce(broker, version, topic,
                          batch([b"v"] * count, producer=(99, epoch, sequence),
                                base_time=base_time))
            return got["error"], got["base_offset"], got["log_append_time_ms"]

        for i in range(6):
            assert send(i * 2, 2) == (NONE, i * 2, -1)
        assert send(2, 2, base_time=9000) == (NONE, 2, 5000), "the old batch's time"
        assert send(10, 2) == (NONE, 10, 5000)
        assert send(0, 2)[0] == OUT_OF_ORDER, "older than the last five"
        assert send(11, 2)[0] == OUT_OF_ORDER, "an overlap"
        assert send(13)[0] == OUT_OF_ORDER, "a gap"
        assert send(3, epoch=1)[0] == OUT_OF_ORDER, "a new epoch begins at 0"
        assert send(0, epoch=1) == (NONE, 12, -1)
        assert send(12, epoch=0)[0] == BAD_EPOCH
        assert send(1, epoch=1) == (NONE, 13, -1), "no refusal has left a gap"


def test_a_partition_named_twice_counts_once(broker):
    for version in VERSIONS:
        topic = Topic(broker, f"twice-{version}")
        answer = PRODUCE.ask(broker, version, topics=[dict(topic.named(version), partitions=[
            {"index": 0, "records": batch([b"first"])},
            {"index": 0, "records": batch([b"second", b"third"])}])])
        got = answer["topics"][0]["partitions"]
        assert [(p["error"], p["base_offset"]) for p in got] == [(NONE, 0)], got
        assert stored(broker, topic, 0)["count"] == 2


def test_a_topic_named_twice_counts_once(broker):
    for version in VERSIONS:
        topic = Topic(broker, f"again-{version}")
        answer = PRODUCE.ask(broker, version, topics=[
            dict(topic.named(version), partitions=[{"index": 0, "records": batch([b"first"])}]),
            dict(topic.named(version), partitions=[{"index": 0, "records": batch([b"2", b"3"])}])])
        got = [p for t in answer["topics"] for p in t["partitions"]]
        assert [(p["error"], p["base_offset"]) for p in got] == [(NONE, 0)], got
        assert stored(broker, topic, 0)["count"] == 2


def test_transactional_ids_are_refused_while_transactions_are_not_served(broker):
    topic = Topic(broker, "transactional")
    for version in VERSIONS:
        got = produce(broker, version, topic, batch(attributes=0x10, producer=(1, 0, 0)),
                      transactional_id="t")
        assert got["error"] == 49, got  # INVALID_PRODUCER_ID_MAPPING


def test_internal_topics_take_no_client_records(broker):
    answer = PRODUCE.ask(broker, 7, topics=[
        {"name": "__cluster_metadata", "partitions": [{"index": 0, "records": batch()}]}])
    assert answer["topics"][0]["partitions"][0]["error"] == UNKNOWN_PARTITION, answer


def test_versions_that_are_advertised_but_not_served_close(broker):
    for version in (0, 1, 2, 14, -1, 32767):
        with socket.create_connection(("127.0.0.1", broker.port), timeout=10) as s:
            s.sendall(frame(0, version, struct.pack(">hhii", -1, -1, 1000, 0)))
            assert read_exactly(s, 1) == b"", version


def test_a_produce_waits_for_nothing_before_it_but_answers_in_order(broker):
    topic = Topic(broker, "ordered", partitions=4)
    with socket.create_connection(("127.0.0.1", broker.port), timeout=10) as s:
        count = 500
        for i in range(count):
            fields = {"topics": [dict(topic.named(9), partitions=[
                {"index": i % 4, "records": batch() if i % 7 else batch(crc=1)}])]}
            s.sendall(PRODUCE.frame(9, fields, correlation=i))
        for i in range(count):
            got = PRODUCE.parse(9, receive(s))
            assert got["correlation"] == i
            error = got["topics"][0]["partitions"][0]["error"]
            assert error == (NONE if i % 7 else CORRUPT_MESSAGE), (i, got)
