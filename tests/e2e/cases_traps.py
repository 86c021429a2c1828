"""Traps that other Kafka-compatible brokers fell into, each with its number in the list that the
project keeps of them, and what Kafka 4.2 answers to odd requests other than Produce."""
import socket
import struct
import subprocess
import time

import group_messages
from batches import batch, parse
from messages import (API_VERSIONS, APIS, CREATE_PARTITIONS, CREATE_TOPICS, DELETE_TOPICS,
                      DESCRIBE_CLUSTER, DESCRIBE_CONFIGS, DESCRIBE_TOPIC_PARTITIONS, FETCH,
                      FIND_COORDINATOR, INIT_PRODUCER_ID, LIST_OFFSETS, METADATA,
                      OFFSET_FOR_LEADER_EPOCH, PRODUCE, create_topic)
from wire import frame, read_exactly, receive

APIS = [*APIS, *group_messages.APIS]


def produce(where, topic, records, version=9, partition=0):
    answer = PRODUCE.ask(where, version, topics=[
        {"name": topic, "partitions": [{"index": partition, "records": records}]}])
    got = answer["topics"][0]["partitions"][0]
    assert got["error"] == 0, got
    return got["base_offset"]


def fetch(where, topic, offset=0, version=11, partition=0, max_bytes=1048576, **fields):
    asked = [{"index": partition, "offset": offset, "max_bytes": max_bytes}]
    fields.setdefault("max_wait_ms", 0)
    answer = FETCH.ask(where, version, topics=[{"name": topic, "partitions": asked}], **fields)
    return answer["topics"][0]["partitions"][0]


def batches_of(records):
    found = []
    while len(records) >= 61 and len(records) >= parse(records)["size"]:
        found.append(parse(records))
        records = records[found[-1]["size"]:]
    return found


def bases(partition):
    return [b["base_offset"] for b in batches_of(partition["records"])]


def connected(broker):
    return socket.create_connection(("127.0.0.1", broker.port), timeout=15)


def asks(api, broker, version, **fields):
    """The answer's first list of structures."""
    answer = api.ask(broker, version, **fields)
    return next(value for name, value in answer.items()
                if name in ("topics", "results", "coordinators") and value is not None)


# Records and offsets.

def test_trap_1_and_2_offsets_and_epochs_are_patched_in_place_and_the_crc_holds(broker):
    create_topic(broker, "patched")
    for i in range(5):
        produce(broker, "patched", batch([b"a", b"b"], leader_epoch=9))
    for step in ("live", "restarted"):
        found = batches_of(fetch(broker, "patched")["records"])
        assert [b["base_offset"] for b in found] == [0, 2, 4, 6, 8], step
        assert all(b["crc_good"] and b["leader_epoch"] == 0 for b in found), (step, found)
        broker.stop()
        broker.start()


def test_trap_3_control_batches_of_the_catalog_have_a_right_crc(broker):
    create_topic(broker, "any")
    broker.stop()
    controls = 0
    for path in broker.data.glob("__cluster_metadata-0/*.log"):
        found = batches_of(path.read_bytes())
        assert all(b["crc_good"] for b in found), path
        controls += sum(b["attributes"] & 0x20 != 0 for b in found)
    assert controls > 0, "a leader change at least"
    broker.start()


def test_trap_4_a_fetch_begins_with_the_batch_that_holds_the_offset(broker):
    create_topic(broker, "many")
    sizes = []
    for i in range(10):
        records = batch([b"x" * 300] * 3)
        sizes.append(len(records))
        produce(broker, "many", records)
    for round in ("memory", "segments"):
        offsets = bases(fetch(broker, "many", 4))
        assert offsets[:8] == list(range(3, 27, 3)), (round, offsets)
        if offsets[-1] < 27:  # how much a segment holds behind an offset is an estimate
            assert bases(fetch(broker, "many", 27)) == [27]
        for limit in (0, 1, sizes[0] - 1):
            assert bases(fetch(broker, "many", 4, max_bytes=limit)) == [3], limit
        assert bases(fetch(broker, "many", 0, max_bytes=sizes[0] * 2 + 10)) == [0, 3]
        broker.stop()
        broker.start()


def test_trap_5_a_rejected_batch_leaves_no_gap(broker):
    create_topic(broker, "gapless")
    for i in range(20):
        answer = PRODUCE.ask(broker, 9, topics=[{"name": "gapless", "partitions": [
            {"index": 0, "records": batch(base_offset=i, crc=None if i % 3 else 7)}]}])
        assert answer["topics"][0]["partitions"][0]["error"] in (2, 87) or i == 0, answer
        assert produce(broker, "gapless", batch()) == i


def test_trap_6_read_committed_lists_aborted_transactions_as_an_empty_list(broker):
    create_topic(broker, "committed")
    produce(broker, "committed", batch())
    for version in (4, 11):
        got = fetch(broker, "committed", version=version, isolation=1)
        assert got["aborted"] == [] and got["last_stable_offset"] == 1 and got["records"], got
        assert fetch(broker, "committed", version=version)["aborted"] is None


def test_trap_7_a_duplicate_after_a_crash_has_its_original_offset(broker):
    """Any of the last five after a crash; after a clean stop the last, as Kafka's snapshots are."""
    create_topic(broker, "kept")
    sent = [batch([b"v"], producer=(5, 0, i)) for i in range(4)]
    for i, records in enumerate(sent):
        assert produce(broker, "kept", records) == i
    for step, known in ((broker.kill, (0, 1, 2, 3)), (broker.stop, (3,))):
        step()
        broker.start()
        for i in known:
            assert produce(broker, "kept", sent[i]) == i
        answer = PRODUCE.ask(broker, 9, topics=[{"name": "kept", "partitions": [
            {"index": 0, "records": batch(producer=(5, 0, 9))}]}])
        assert answer["topics"][0]["partitions"][0]["error"] == 45


def test_trap_8_the_log_start_does_not_move_by_itself(broker):
    create_topic(broker, "from-0")
    for _ in range(3):
        produce(broker, "from-0", batch())
        got = fetch(broker, "from-0")
        assert got["log_start_offset"] == 0, got
        broker.kill()
        broker.start()


# Wire.

def test_trap_9_answers_keep_their_order_over_slow_and_quick_requests(broker):
    create_topic(broker, "slow")
    with connected(broker) as s:
        s.sendall(FETCH.frame(11, {"max_wait_ms": 400, "min_bytes": 1, "topics": [
            {"name": "slow", "partitions": [{"index": 0}]}]}, correlation=1))
        s.sendall(frame(18, 0, correlation=2) + METADATA.frame(9, {"topics": None}, correlation=3))
        s.sendall(PRODUCE.frame(9, {"topics": [{"name": "slow", "partitions": [
            {"index": 0, "records": batch()}]}]}, correlation=4))
        start = time.monotonic()
        assert [struct.unpack(">i", receive(s)[:4])[0] for _ in range(4)] == [1, 2, 3, 4]
        assert time.monotonic() - start > 0.3, "nothing overtakes a long poll"


def test_trap_10_headers_are_flexible_exactly_where_the_schema_says(broker):
    with connected(broker) as s:
        for api in APIS:
            for version in api.versions:
                answer = api.ask(s, version)
                assert answer is not None, (api.key, version)
        client = b"\0\x05abcde"
        head = struct.pack(">hhi", 3, 12, 77) + client + b"\0"
        body = METADATA.body(12, {"topics": []})
        s.sendall(struct.pack(">i", len(head + body)) + head + body)
        assert METADATA.parse(12, receive(s))["correlation"] == 77, "the client id is not compact"
        for missing in (struct.pack(">h", -1), struct.pack(">h", -2)):
            head = struct.pack(">hhi", 18, 0, 78) + missing
            s.sendall(struct.pack(">i", len(head)) + head)
            assert receive(s)[:4] == struct.pack(">i", 78)


def test_trap_11_only_apiversions_answers_a_version_it_does_not_know(broker):
    told = struct.pack(">ihihhh", 1, 35, 1, 18, 0, 4)
    with connected(broker) as s:
        for version in (5, 99, 32767):
            for body in (b"", b"\xff" * 20):
                s.sendall(frame(18, version, body, flexible=True))
                assert receive(s) == told, version
        s.sendall(frame(18, -1))
        assert receive(s) == told
        assert API_VERSIONS.ask(s, 4)["error"] == 0, "the connection lives on"
        assert API_VERSIONS.ask(s, 3)["error"] == 0, "a second one is answered too"
    for head in (frame(18, 5), frame(18, 99, b"\xff" * 10)):
        with connected(broker) as s:
            s.sendall(head)
            assert read_exactly(s, 1) == b"", "header version 2 without its tags"
    for api in APIS:
        if api.key == 18:
            continue
        for version in (-1, api.versions[-1] + 1, 32767):
            with connected(broker) as s:
                s.sendall(frame(api.key, version, b"", flexible=version >= api.flexible))
                assert read_exactly(s, 1) == b"", (api.key, version)
    for key in (-1, 4, 7, 52, 58, 93, 999, 32767):
        with connected(broker) as s:
            s.sendall(frame(key, 0))
            assert read_exactly(s, 1) == b"", key


def test_trap_12_every_advertised_version_can_be_written_with_every_field(broker):
    """And nulls where clients send them."""
    create_topic(broker, "full", partitions=3)
    for _ in range(3):
        produce(broker, "full", batch())
    advertised = {k["key"]: (k["low"], k["high"]) for k in API_VERSIONS.ask(broker, 4)["keys"]}
    for api in APIS:
        low, high = advertised[api.key]
        assert high == api.versions[-1] and low in (api.versions[0], 0), (api.key, low, high)
    parts = [{"index": i} for i in range(3)]
    for api, fields in (
            (FETCH, {"topics": [{"name": "full", "partitions": parts}]}),
            (LIST_OFFSETS, {"topics": [{"name": "full", "partitions": [
                {"index": i, "timestamp": -1} for i in range(3)]}]}),
            (METADATA, {"topics": [{"name": "full"}]}),
            (CREATE_TOPICS, {"topics": [{"name": "made", "configs": [
                {"name": "retention.ms", "value": "5000"}]}], "validate_only": True}),
            (OFFSET_FOR_LEADER_EPOCH, {"topics": [{"name": "full", "partitions": parts}]}),
            (DESCRIBE_CONFIGS, {"resources": [{"type": 2, "name": "full", "keys": None}],
                                "synonyms": True, "documentation": True}),
            (DESCRIBE_TOPIC_PARTITIONS, {"topics": [{"name": "full"}], "limit": 2}),
            (FIND_COORDINATOR, {"key": "g", "keys": ["g", "h"]})):
        for version in api.versions:
            asked = {name: value for name, value in fields.items()}
            if api is FIND_COORDINATOR:
                asked = {"keys": asked["keys"]} if version >= 4 else {"key": "g"}
            assert api.ask(broker, version, **asked) is not None, (api.key, version)
    for version in range(1, 14):
        assert METADATA.ask(broker, version, topics=None)["topics"], version
    null_value = CREATE_TOPICS.ask(broker, 7, topics=[
        {"name": "nulls", "configs": [{"name": "retention.ms", "value": None}]}])
    assert null_value["topics"][0]["error"] == 40, null_value


def test_trap_13_what_clients_read_out_of_apiversions(broker):
    answer = API_VERSIONS.ask(broker, 4)
    ranges = {k["key"]: (k["low"], k["high"]) for k in answer["keys"]}
    assert ranges[0] == (0, 13), "librdkafka before 2.11.1 compresses only when it sees Produce 0"
    assert ranges[1] == (4, 18) and ranges[3] == (0, 13)
    assert {0, 1, 2} <= set(answer["tags"]), "features, their epoch, finalized ones"
    older = API_VERSIONS.ask(broker, 3)
    assert b"group.version" in answer["tags"][0]
    assert b"group.version" not in older["tags"][0], "version 3 leaves out those that begin at 0"
    for text in ("", "a b", "-x", "x-", "\u00e4"):
        for field in ("name", "release"):
            got = API_VERSIONS.ask(broker, 3, **{field: text})
            assert (got["error"], got["keys"]) == (42, []), (field, text, got)


def test_trap_14_an_auto_created_topic_is_answered_with_its_leader_at_once(broker):
    for version in METADATA.versions:
        got = METADATA.ask(broker, version, topics=[{"name": f"auto-{version}"}])["topics"][0]
        assert got["error"] == 0 and got["partitions"][0]["error"] == 0, (version, got)
        assert got["partitions"][0]["leader"] == 1, got
    got = METADATA.ask(broker, 4, topics=[{"name": "never"}], allow_auto_topic_creation=False)
    assert got["topics"][0]["error"] == 3, got
    assert METADATA.ask(broker, 4, topics=[{"name": "never"}],
                        allow_auto_topic_creation=False)["topics"][0]["error"] == 3


def test_trap_15_acks_0_gets_no_answer(broker):
    create_topic(broker, "mute")
    with connected(broker) as s:
        for i in range(10):
            s.sendall(PRODUCE.frame(9, {"acks": 0, "topics": [{"name": "mute", "partitions": [
                {"index": 0, "records": batch()}]}]}))
        answer = LIST_OFFSETS.ask(s, 7, topics=[{"name": "mute", "partitions": [
            {"index": 0, "timestamp": -1}]}])
        assert answer["topics"][0]["partitions"][0]["offset"] == 10


def test_trap_16_every_config_is_described(broker):
    created = CREATE_TOPICS.ask(broker, 7, topics=[{"name": "described", "configs": [
        {"name": "cleanup.policy", "value": "compact"}]}])["topics"][0]
    told = {c["name"]: c["value"] for c in created["configs"]}
    topic = DESCRIBE_CONFIGS.ask(broker, 4, resources=[
        {"type": 2, "name": "described", "keys": None},
        {"type": 4, "name": "1", "keys": None}])["results"]
    asked = {c["name"]: c["value"] for c in topic[0]["configs"]}
    assert len(asked) == 33 and asked == told, set(asked) ^ set(told)
    assert asked["cleanup.policy"] == "compact"
    for name in ("retention.ms", "min.insync.replicas", "max.message.bytes", "segment.bytes",
                 "compression.type", "message.timestamp.type", "delete.retention.ms"):
        assert asked[name], name
    node = {c["name"] for c in topic[1]["configs"]}
    for name in ("advertised.listeners", "log.retention.hours", "num.partitions", "node.id",
                 "default.replication.factor", "message.max.bytes", "offsets.retention.minutes",
                 "inter.broker.protocol.version", "log.message.timestamp.type"):
        assert name in node or name == "inter.broker.protocol.version", name
    for version in DESCRIBE_CONFIGS.versions:
        got = DESCRIBE_CONFIGS.ask(broker, version, resources=[
            {"type": 2, "name": "described", "keys": ["retention.ms", "no.such.key"]}])
        assert [c["name"] for c in got["results"][0]["configs"]] == ["retention.ms"], got


def test_trap_18_all_topics_none_and_unknown_ones_are_three_things(broker):
    for name in ("one", "two"):
        create_topic(broker, name)
    assert len(METADATA.ask(broker, 0, topics=[])["topics"]) == 2, "version 0: empty is all"
    with connected(broker) as s:
        s.sendall(METADATA.frame(0, {"topics": None}))
        assert read_exactly(s, 1) == b"", "version 0 knows no null"
    for version in range(1, 14):
        assert METADATA.ask(broker, version, topics=[])["topics"] == []
        names = [t["name"] for t in METADATA.ask(broker, version, topics=None)["topics"]]
        assert sorted(names) == ["one", "two"], (version, names)
    for version in range(4, 14):
        got = METADATA.ask(broker, version, topics=[{"name": "no-1"}, {"name": "one"}],
                           allow_auto_topic_creation=False)["topics"]
        assert sorted((t["error"], t["name"]) for t in got) == [(0, "one"), (3, "no-1")], got


def test_trap_19_a_wildcard_is_never_advertised(broker):
    got = METADATA.ask(broker, 9, topics=[])["brokers"][0]
    assert (got["host"], got["port"]) == ("127.0.0.1", broker.port), got
    broker.stop()
    broker.settings = ["listeners=PLAINTEXT://127.0.0.1:%d" % broker.port,
                       "advertised.listeners=PLAINTEXT://elsewhere.example:4711"]
    broker.start()
    for got in (METADATA.ask(broker, 9, topics=[])["brokers"][0],
                DESCRIBE_CLUSTER.ask(broker, 1)["brokers"][0]):
        assert (got["host"], got["port"]) == ("elsewhere.example", 4711), got
    wildcard = [part for part in broker.command() if part != "--listen"
                and not part.startswith("127.0.0.1:")]
    refused = subprocess.run([*wildcard[:3], "--check-config", "--set",
                              "listeners=PLAINTEXT://0.0.0.0:9092", "--set",
                              "advertised.listeners=PLAINTEXT://0.0.0.0:9092"],
                             stderr=subprocess.PIPE, timeout=10)
    assert refused.returncode == 64 and b"0.0.0.0" in refused.stderr, refused


# What Kafka answers to odd requests: Metadata.

def test_metadata_of_bad_names_and_ids(broker):
    known = create_topic(broker, "known")
    for name in ("../x", "", ".", "..", "x" * 250):
        for version in (1, 9, 12):
            assert asks(METADATA, broker, version, topics=[{"name": name}])[0]["error"] == 17
    got = asks(METADATA, broker, 12, topics=[{"id": known, "name": None},
                                             {"id": b"u" * 16, "name": None}])
    assert sorted((t["error"], t["name"]) for t in got if t["name"]) == [(0, "known")], got
    assert [t["error"] for t in got if t["name"] is None] == [100], got
    for version in (10, 11):
        for topic in ({"id": known, "name": None}, {"name": None}, {"id": known, "name": "known"}):
            got = asks(METADATA, broker, version, topics=[topic])
            assert got[0]["error"] == 42, (version, got)


def test_metadata_of_a_zero_id_without_name_is_an_unknown_error(broker):
    for version in (12, 13):
        answer = METADATA.ask(broker, version, topics=[{"name": None}])
        assert answer["topics"][0]["error"] == -1, answer
        assert answer["brokers"] == [] and answer["controller_id"] == -1, answer


def test_metadata_with_ids_and_names_mixed_ignores_the_names(broker):
    known = create_topic(broker, "known")
    create_topic(broker, "named")
    for version in (12, 13):
        got = asks(METADATA, broker, version, topics=[{"id": known, "name": None},
                                                      {"name": "named"}])
        assert [t["name"] for t in got] == ["known"], got


def test_metadata_tells_operations_only_when_asked(broker):
    create_topic(broker, "operations")
    for version in (8, 9, 10):
        plain = METADATA.ask(broker, version, topics=None)
        assert plain["cluster_operations"] == plain["topics"][0]["operations"] == -2147483648
        told = METADATA.ask(broker, version, topics=None, include_topic_operations=True,
                            include_cluster_operations=True)
        assert told["cluster_operations"] == 8096 and told["topics"][0]["operations"] == 3576
    told = DESCRIBE_CLUSTER.ask(broker, 1, operations=True)
    assert told["operations"] == 8096 and told["brokers"][0]["id"] == told["controller_id"] == 1
    assert DESCRIBE_CLUSTER.ask(broker, 1)["operations"] == -2147483648
    assert DESCRIBE_CLUSTER.ask(broker, 1, endpoint_type=2)["error"] == 114
    assert DESCRIBE_CLUSTER.ask(broker, 1, endpoint_type=9)["error"] == 115


# Offsets.

def list_offsets(broker, topic, version, *times):
    with connected(broker) as s:
        return [LIST_OFFSETS.ask(s, version, topics=[{"name": topic, "partitions": [
            {"index": 0, "timestamp": t}]}])["topics"][0]["partitions"][0] for t in times]


def test_list_offsets_of_an_empty_log(broker):
    create_topic(broker, "empty")
    for got in list_offsets(broker, "empty", 11, -1, -2, -4):
        assert (got["error"], got["offset"], got["timestamp"], got["leader_epoch"]) == \
            (0, 0, -1, 0), got
    for got in list_offsets(broker, "empty", 11, -3, -5, -6, 0, 5000):
        assert (got["error"], got["offset"], got["timestamp"], got["leader_epoch"]) == \
            (0, -1, -1, -1), got


def test_list_offsets_of_four_records(broker):
    create_topic(broker, "four")
    base = int(time.time() * 1000)
    times = [0, 30, 10, 20]
    for delta in times:
        produce(broker, "four", batch(base_time=base + delta))
    ends = list_offsets(broker, "four", 11, -1, -2, -4, -3, -5, -6)
    assert [g["offset"] for g in ends] == [4, 0, 0, 1, -1, -1], ends
    assert ends[3]["timestamp"] == base + 30
    found = list_offsets(broker, "four", 11, base, base + 1, base + 30, base + 31)
    assert [(g["error"], g["offset"]) for g in found] == [(0, 0), (0, 1), (0, 1), (0, -1)], found
    assert found[1]["timestamp"] == base + 30 and found[3]["timestamp"] == -1


def test_list_offsets_special_times_came_with_their_versions(broker):
    create_topic(broker, "times")
    for time_, since in ((-3, 7), (-4, 8), (-5, 9), (-6, 11), (-7, 99)):
        for version in LIST_OFFSETS.versions:
            got = list_offsets(broker, "times", version, time_)[0]
            assert got["error"] == (0 if version >= since else 35), (time_, version, got)
    got = LIST_OFFSETS.ask(broker, 7, topics=[{"name": "times", "partitions": [
        {"index": 0, "timestamp": -1}, {"index": 0, "timestamp": -2}]}])["topics"][0]["partitions"]
    assert {p["error"] for p in got} == {42}, got
    got = LIST_OFFSETS.ask(broker, 7, topics=[{"name": "times", "partitions": [
        {"index": 5, "timestamp": -1}]}, {"name": "no", "partitions": [
            {"index": 0, "timestamp": -1}]}])["topics"]
    assert [t["partitions"][0]["error"] for t in got] == [3, 3], got


def test_offsets_for_leader_epochs(broker):
    create_topic(broker, "epochs")
    produce(broker, "epochs", batch([b"a", b"b"]))
    rows = (({"leader_epoch": 0}, 0, 0, 2), ({"leader_epoch": 5}, 0, -1, -1),
            ({"leader_epoch": 0, "current_leader_epoch": 9}, 75, -1, -1),
            ({"leader_epoch": 0, "index": 4}, 3, -1, -1))
    for version in OFFSET_FOR_LEADER_EPOCH.versions:
        for asked, error, epoch, end in rows:
            got = OFFSET_FOR_LEADER_EPOCH.ask(broker, version, topics=[
                {"name": "epochs", "partitions": [asked]}])["topics"][0]["partitions"][0]
            assert (got["error"], got["leader_epoch"], got["end_offset"]) == (error, epoch, end), \
                (version, asked, got)


# Fetch.

def test_fetch_of_what_is_not_there(broker):
    known = create_topic(broker, "there")
    for version in (4, 7, 11, 12):
        for name, index in (("nowhere", 0), ("there", 9), ("there", -1)):
            got = fetch(broker, name, version=version, partition=index, max_wait_ms=5000,
                        min_bytes=1)
            assert got["error"] == 3 and got["high_watermark"] == -1, (version, got)
            assert got["records"] == b"" and got["aborted"] == [], got
    for version in (13, 17):
        for unknown, index in ((bytes(16), 0), (b"u" * 16, 0)):
            answer = FETCH.ask(broker, version, topics=[
                {"id": unknown, "partitions": [{"index": index}]}])
            assert answer["topics"][0]["partitions"][0]["error"] == 100, answer
        answer = FETCH.ask(broker, version, topics=[{"id": known, "partitions": [{"index": 9}]}])
        assert answer["topics"][0]["partitions"][0]["error"] == 3, answer


def test_fetch_outside_of_the_log_is_answered_at_once(broker):
    create_topic(broker, "range", partitions=2)
    produce(broker, "range", batch())
    start = time.monotonic()
    for offset in (-1, -5, 2, 1 << 60):
        got = fetch(broker, "range", offset, max_wait_ms=8000, min_bytes=1)
        assert got["error"] == 1 and got["aborted"] is None and got["records"] == b"", got
        assert got["high_watermark"] == got["last_stable_offset"] == -1, got
        assert got["log_start_offset"] == -1, got
    assert time.monotonic() - start < 4
    start = time.monotonic()
    got = fetch(broker, "range", 1, max_wait_ms=500, min_bytes=1)
    assert got["error"] == 0 and got["records"] == b"" and got["high_watermark"] == 1, got
    assert time.monotonic() - start > 0.4, "exactly the end waits"
    got = fetch(broker, "range", 0, version=9)
    assert got["error"] == 0
    for asked, error in (({"current_leader_epoch": 99}, 75), ({"last_fetched_epoch": 99}, 1)):
        answer = FETCH.ask(broker, 12, topics=[{"name": "range", "partitions": [
            dict(asked, index=0)]}])
        assert answer["topics"][0]["partitions"][0]["error"] == error, answer


def test_fetch_limits_are_shared_in_the_order_of_the_request(broker):
    create_topic(broker, "limits", partitions=3)
    size = len(batch([b"x" * 1000]))
    for i in range(3):
        for _ in range(3):
            produce(broker, "limits", batch([b"x" * 1000]), partition=i)
    for limit in (0, 1):
        got = FETCH.ask(broker, 11, max_wait_ms=0, max_bytes=limit, topics=[
            {"name": "limits", "partitions": [{"index": i} for i in (2, 0, 1)]}])
        sizes = {p["index"]: len(p["records"]) for p in got["topics"][0]["partitions"]}
        assert sizes == {2: size, 0: 0, 1: 0}, sizes


def test_fetch_names_a_partition_twice_and_the_last_wins(broker):
    create_topic(broker, "both")
    produce(broker, "both", batch([b"a", b"b", b"c"]))
    produce(broker, "both", batch([b"d"]))
    for version in (4, 11):
        got = FETCH.ask(broker, version, max_wait_ms=0, topics=[{"name": "both", "partitions": [
            {"index": 0, "offset": 0}, {"index": 0, "offset": 3}]}])["topics"][0]["partitions"]
        assert [b["base_offset"] for p in got for b in batches_of(p["records"])] == [3], got


# Topics.

def test_create_topics_refusals(broker):
    create_topic(broker, "there")
    create_topic(broker, "a.x")
    long = "x" * 250
    rows = [
        ({"name": "p", "partitions": 0}, 37), ({"name": "p", "partitions": -2}, 37),
        ({"name": "p", "partitions": 1, "replication_factor": 3}, 38),
        ({"name": "p", "partitions": 1, "replication_factor": 0}, 38),
        ({"name": "there"}, 36), ({"name": "../x"}, 17), ({"name": ""}, 17), ({"name": "."}, 17),
        ({"name": long}, 17), ({"name": "a_x"}, 17),
        ({"name": "p", "configs": [{"name": "no.such", "value": "1"}]}, 40),
        ({"name": "p", "configs": [{"name": "retention.ms", "value": "soon"}]}, 40),
        ({"name": "p", "configs": [{"name": "retention.ms", "value": None}]}, 40),
        ({"name": "p", "partitions": 1, "assignments": [{"index": 0, "brokers": [1]}]}, 42),
        ({"name": "p", "assignments": [{"index": 0, "brokers": [7]}]}, 39),
        ({"name": "p", "assignments": [{"index": 1, "brokers": [1]}]}, 39),
        ({"name": "p", "partitions": 10000, "replication_factor": 1}, 44),
    ]
    for version in CREATE_TOPICS.versions:
        for topic, error in rows:
            for validate in (True, False):
                got = asks(CREATE_TOPICS, broker, version, topics=[topic],
                           validate_only=validate)[0]
                assert got["error"] == error, (version, topic, got)
                assert got.get("id", bytes(16)) == bytes(16), got
                assert got.get("partitions", -1) == got.get("replication_factor", -1) == -1, got
                assert got.get("configs", []) == [], got
        twice = asks(CREATE_TOPICS, broker, version, topics=[{"name": "p"}, {"name": "p"}])
        assert [(t["name"], t["error"]) for t in twice] == [("p", 42)], twice
        for timeout in (0, -1):
            got = asks(CREATE_TOPICS, broker, version, topics=[{"name": "p"}], timeout_ms=timeout)
            assert got[0]["error"] == 7, got
    names = {t["name"] for t in METADATA.ask(broker, 9, topics=None)["topics"]}
    assert names == {"there", "a.x"}, names


def test_create_topics_that_are_made(broker):
    both = asks(CREATE_TOPICS, broker, 7, topics=[{"name": "b.x"}, {"name": "b_x"}])
    assert [t["error"] for t in both] == [0, 0], "both in one request: both are made"
    for version in CREATE_TOPICS.versions:
        got = asks(CREATE_TOPICS, broker, version, topics=[{"name": f"d{version}"}])[0]
        assert got["error"] == 0, "defaults, from version 2 on"
        got = asks(CREATE_TOPICS, broker, version, validate_only=True,
                   topics=[{"name": "thrown-away", "partitions": 4}])[0]
        assert got["error"] == 0, got
        if version >= 5:
            assert got["partitions"] == 4 and len(got["configs"]) == 33, got
    got = asks(CREATE_TOPICS, broker, 7, topics=[
        {"name": "placed", "assignments": [{"index": i, "brokers": [1]} for i in (1, 0)]}])[0]
    assert (got["error"], got["partitions"]) == (0, 2), got
    assert "thrown-away" not in {t["name"] for t in METADATA.ask(broker, 9, topics=None)["topics"]}


def test_delete_topics_answers(broker):
    made = create_topic(broker, "going")
    for version in range(1, 6):
        for name in ("no-such", "../x"):
            assert asks(DELETE_TOPICS, broker, version, names=[name])[0]["error"] == 3
        got = asks(DELETE_TOPICS, broker, version, names=["going", "going"])
        assert {t["error"] for t in got} == {42}, got
    rows = [({"name": "no-such"}, 3), ({"id": b"u" * 16}, 100), ({}, 42),
            ({"name": "going", "id": made}, 42)]
    for topic, error in rows:
        got = asks(DELETE_TOPICS, broker, 6, topics=[topic])[0]
        assert got["error"] == error, (topic, got)
    for topics in ([{"name": "going"}, {"id": made}], [{"id": made}, {"id": made}]):
        got = asks(DELETE_TOPICS, broker, 6, topics=topics)
        assert {t["error"] for t in got} == {42}, got
    got = asks(DELETE_TOPICS, broker, 6, topics=[{"id": made}])[0]
    assert (got["error"], got["name"]) == (0, "going"), got
    assert asks(DELETE_TOPICS, broker, 5, names=["going"])[0]["error"] == 3


def test_create_partitions_answers(broker):
    create_topic(broker, "grows", partitions=2)
    rows = [({"name": "grows", "count": 2, "assignments": None}, 37),
            ({"name": "grows", "count": 1, "assignments": None}, 37),
            ({"name": "grows", "count": 0, "assignments": None}, 37),
            ({"name": "grows", "count": -1, "assignments": None}, 37),
            ({"name": "no-such", "count": 5, "assignments": None}, 3),
            ({"name": "grows", "count": 3, "assignments": [{"brokers": [9]}]}, 39),
            ({"name": "grows", "count": 50, "assignments": [{"brokers": [1]}]}, 39)]
    for version in CREATE_PARTITIONS.versions:
        for topic, error in rows:
            got = asks(CREATE_PARTITIONS, broker, version, topics=[topic])[0]
            assert got["error"] == error, (version, topic, got)
        got = asks(CREATE_PARTITIONS, broker, version, validate_only=True, topics=[
            {"name": "grows", "count": 50, "assignments": None}])[0]
        assert got["error"] == 0, got
        count = 3 + version
        got = asks(CREATE_PARTITIONS, broker, version, topics=[
            {"name": "grows", "count": count, "assignments": None}])[0]
        assert got["error"] == 0, got
        there = asks(METADATA, broker, 9, topics=[{"name": "grows"}])[0]["partitions"]
        assert len(there) == count


# Configs, coordinators, producer ids.

def test_describe_configs_answers(broker):
    create_topic(broker, "configured")
    rows = [((2, "no-such"), 3, ""), ((4, "9"), 42, None), ((4, "x"), 42, None),
            ((99, "y"), 42, None), ((2, "configured"), 0, "")]
    for version in DESCRIBE_CONFIGS.versions:
        for (kind, name), error, message in rows:
            got = asks(DESCRIBE_CONFIGS, broker, version, resources=[
                {"type": kind, "name": name, "keys": None}])[0]
            assert got["error"] == error, (version, kind, name, got)
            assert message is None or got["error_message"] == message, got
        every = asks(DESCRIBE_CONFIGS, broker, version, resources=[
            {"type": 2, "name": "configured", "keys": []}])[0]
        assert len(every["configs"]) == 33, "an empty list of keys is all of them"


def test_find_coordinator_answers(broker):
    for version in range(1, 4):
        got = FIND_COORDINATOR.ask(broker, version, key="g", key_type=5)
        assert got["error"] == 42 and got["node_id"] == -1, got
    for version in range(4, 7):
        got = asks(FIND_COORDINATOR, broker, version, keys=["g"], key_type=5)
        assert [c["error"] for c in got] == [42], got
    for version in (4, 5):
        got = asks(FIND_COORDINATOR, broker, version, keys=["g:u:0"], key_type=2)
        assert [c["error"] for c in got] == [42], "share keys came with version 6"
    got = asks(FIND_COORDINATOR, broker, 6, keys=["malformed"], key_type=2)
    assert [c["error"] for c in got] == [42], got


def test_producer_ids_are_new_each_time(broker):
    seen = set()
    for turn in range(2):
        for version in INIT_PRODUCER_ID.versions:
            for _ in range(20):
                got = INIT_PRODUCER_ID.ask(broker, version, timeout_ms=-5)
                assert (got["error"], got["producer_epoch"]) == (0, 0), got
                assert got["producer_id"] not in seen
                seen.add(got["producer_id"])
        broker.kill()
        broker.start()
    for version in (3, 5):
        given = INIT_PRODUCER_ID.ask(broker, version, producer_id=min(seen), producer_epoch=3)
        assert given["error"] == 0 and given["producer_id"] not in seen, given
        assert INIT_PRODUCER_ID.ask(broker, version, producer_id=7)["error"] == 42
        assert INIT_PRODUCER_ID.ask(broker, version, transactional_id="")["error"] == 42


def test_describe_topic_partitions_answers(broker):
    create_topic(broker, "wide", partitions=5)
    create_topic(broker, "alone")
    got = DESCRIBE_TOPIC_PARTITIONS.ask(broker, 0, topics=[{"name": "wide"}, {"name": "no"},
                                                           {"name": "../x"}])
    assert [(t["name"], t["error"]) for t in got["topics"]] == \
        [("../x", 17), ("no", 3), ("wide", 0)], got
    cursor, seen = None, []
    while True:
        got = DESCRIBE_TOPIC_PARTITIONS.ask(broker, 0, limit=2, cursor=cursor)
        seen += [(t["name"], p["index"]) for t in got["topics"] for p in t["partitions"]]
        if got["next_cursor"] is None:
            break
        cursor = {"topic": got["next_cursor"]["topic"],
                  "partition": got["next_cursor"]["partition"]}
    assert seen == [("alone", 0)] + [("wide", i) for i in range(5)], seen


# Bodies.

def test_odd_bodies(broker):
    create_topic(broker, "odd")
    with connected(broker) as s:
        got = METADATA.ask(s, 9, tail=b"behind the body", topics=[])
        assert got["brokers"], "bytes behind the body are ignored"
        s.sendall(frame(3, 1, struct.pack(">i", -2)))
        assert METADATA.parse(1, receive(s))["topics"], "a length of -2 is null"
        got = METADATA.ask(s, 12, topics=[], tags={5000: b"unknown"})
        assert got["brokers"]
    for key, version, body in ((3, 1, struct.pack(">ih", 1, 9) + b"cut"),
                               (3, 1, b"\0\0"), (3, 12, b"\xff\xff\xff\xff\xff\x01"),
                               (1, 11, b"\0" * 10), (0, 9, b"")):
        with connected(broker) as s:
            s.sendall(frame(key, version, body, flexible=(key, version) in ((3, 12), (0, 9))))
            assert read_exactly(s, 1) == b"", (key, version, body)
    for head in (b"\0\x12\0\0\0\0\0", struct.pack(">hhih", 18, 0, 1, 500) + b"short",
                 b"\xff" * 10):
        with connected(broker) as s:
            s.sendall(struct.pack(">i", len(head)) + head)
            assert read_exactly(s, 1) == b"", head


def test_a_name_that_is_no_utf8_comes_back_with_replacement_characters(broker):
    with connected(broker) as s:
        s.sendall(frame(3, 4, struct.pack(">ih", 1, 3) + b"a\xffb" + b"\1"))
        answer = receive(s)
        got = METADATA.parse(4, answer)["topics"][0]
        assert got["error"] == 17 and got["name"] == "a\ufffdb", got
