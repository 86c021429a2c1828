"""Apache Kafka's command-line tools print here what they print beside Apache Kafka 4.2.

What is expected was read off a real broker, word for word.
"""
import json
import re

from harness import kcat, words
from kafka_tools import ask, refused, tool

ONCE = {"test_topics_are_created_described_grown_and_deleted", "test_refusals_in_kafkas_words",
        "test_describe_configs", "test_versions_and_cluster_id"}


def create(broker, topic, *options):
    assert ask(broker, "kafka-topics", "--create", "--topic", topic, *options).endswith(
        f"Created topic {topic}.\n")


def test_topics_are_created_described_grown_and_deleted(broker):
    create(broker, "made", "--partitions", "3", "--config", "retention.ms=100000", "--config",
           "compression.type=gzip", "--config", "compression.gzip.level=5")
    create(broker, "assigned", "--replica-assignment", "1,1")
    assert ask(broker, "kafka-topics", "--list") == "assigned\nmade\n"
    assert ask(broker, "kafka-topics", "--create", "--topic", "made", "--if-not-exists") == ""
    ask(broker, "kafka-topics", "--alter", "--topic", "made", "--partitions", "5")
    ask(broker, "kafka-topics", "--alter", "--topic", "assigned", "--partitions", "3",
        "--replica-assignment", "1,1,1")
    for topic, count, configs in (
            ("made", 5, {"compression.type=gzip", "retention.ms=100000",
                         "compression.gzip.level=5", "min.insync.replicas=1"}),
            ("assigned", 3, {"min.insync.replicas=1"})):
        lines = ask(broker, "kafka-topics", "--describe", "--topic", topic).splitlines()
        head = re.fullmatch(rf"Topic: {topic}\tTopicId: [\w-]{{22}}\tPartitionCount: {count}\t"
                            r"ReplicationFactor: 1\tConfigs: (.*)", lines[0])
        assert head and set(head.group(1).split(",")) == configs, lines[0]
        assert lines[1:] == [f"\tTopic: {topic}\tPartition: {i}\tLeader: 1\tReplicas: 1\tIsr: 1\t"
                             "Elr: \tLastKnownElr: " for i in range(count)], lines
    for option in ("--under-replicated-partitions", "--unavailable-partitions",
                   "--under-min-isr-partitions"):
        assert ask(broker, "kafka-topics", "--describe", option) == ""
    assert ask(broker, "kafka-topics", "--delete", "--topic", "assigned") == ""
    assert ask(broker, "kafka-topics", "--list") == "made\n"


def test_refusals_in_kafkas_words(broker):
    create(broker, "made", "--partitions", "5")
    create(broker, "a.b")
    invalid = "Topic name is invalid: "
    long = "x" * 250
    broker_7 = ("The manual partition assignment includes broker 7, but no such broker is "
                "registered.")
    create_cases = [
        ("made", [], "Topic 'made' already exists."),
        ("a_b", [], "Topic 'a_b' collides with existing topic: a.b"),
        (".", [], invalid + "'.' is not allowed"),
        (long, [], invalid + f"the length of '{long}' is longer than the max allowed length 249"),
        ("bad/name", [], invalid + "'bad/name' contains one or more characters other than ASCII "
         "alphanumerics, '.', '_' and '-'"),
        ("p", ["--partitions", "10001"], "Excessively large number of partitions per request."),
        ("p", ["--partitions", "10000"], "Unable to perform excessively large batch operation."),
        ("p", ["--replication-factor", "3"],
         "Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot "
         "be reached because only 1 broker(s) are registered."),
        ("p", ["--replica-assignment", "7"], broker_7),
        ("p", ["--config", "cleanup.policy=foo"],
         "Invalid value foo for configuration cleanup.policy: String must be one of: compact, "
         "delete"),
        ("p", ["--config", "retention.bytes=99999999999999999999"],
         "Invalid value 99999999999999999999 for configuration retention.bytes: Not a number of "
         "type LONG"),
        ("p", ["--config", "compression.type=brotli"],
         "Invalid value brotli for configuration compression.type: String must be one of: "
         "uncompressed, zstd, lz4, snappy, gzip, producer"),
    ]
    for topic, options, answer in create_cases:
        text = refused(broker, "kafka-topics", "--create", "--topic", topic, *options)
        assert f"Error while executing topic command : {answer}\n" in text, (options, text)
    for options, answer in [
            (["--partitions", "5"], "Topic already has 5 partition(s)."),
            (["--partitions", "3"],
             "The topic made currently has 5 partition(s); 3 would not be an increase."),
            (["--partitions", "7", "--replica-assignment", "1,1,1,1,1,1,7"], broker_7),
            (["--partitions", "7", "--replica-assignment", "1,1,1,1,1,1"],
             "Attempted to add 2 additional partition(s), but only 1 assignment(s) were "
             "specified.")]:
        text = refused(broker, "kafka-topics", "--alter", "--topic", "made", *options)
        assert f"Error while executing topic command : {answer}\n" in text, (options, text)
    assert "PartitionCount: 5\t" in ask(broker, "kafka-topics", "--describe", "--topic", "made")


def test_describe_configs(broker):
    create(broker, "made", "--config", "retention.ms=100000")
    line = ("  retention.ms=100000 sensitive=false "
            "synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=100000}\n")
    assert ask(broker, "kafka-configs", "--describe", "--topic", "made") == (
        "Dynamic configs for topic made are:\n" + line)
    every = ask(broker, "kafka-configs", "--describe", "--topic", "made", "--all").splitlines()
    assert every[0] == "All configs for topic made are:" and len(every) == 1 + 33, len(every)
    assert line[:-1] in every
    assert ("  max.message.bytes=1048588 sensitive=false "
            "synonyms={DEFAULT_CONFIG:message.max.bytes=1048588}") in every
    every = ask(broker, "kafka-configs", "--describe", "--broker", "1", "--all").splitlines()
    every = [entry for entry in every if not entry.startswith("  odradek.")]
    assert every[0] == "All configs for broker 1 are:" and len(every) == 1 + 320, len(every)
    assert ("  log.segment.bytes=1073741824 sensitive=false "
            "synonyms={DEFAULT_CONFIG:log.segment.bytes=1073741824}") in every
    listener = f"listeners=PLAINTEXT://127.0.0.1:{broker.port}"
    assert any(entry.startswith(f"  {listener} sensitive=false "
                                f"synonyms={{STATIC_BROKER_CONFIG:{listener},") for entry in every)


def test_versions_and_cluster_id(broker):
    lines = ask(broker, "kafka-broker-api-versions").splitlines()
    assert lines[0] == f"127.0.0.1:{broker.port} (id: 1 rack: null isFenced: false) -> ("
    for line in ("\tProduce(0): 0 to 13 [usable: 13],", "\tFetch(1): 4 to 18 [usable: 18],",
                 "\tListOffsets(2): 1 to 11 [usable: 11],", "\tMetadata(3): 0 to 13 [usable: 13],",
                 "\tCreateTopics(19): 2 to 7 [usable: 7],",
                 "\tInitProducerId(22): 0 to 5 [usable: 5],"):
        assert line in lines, line
    meta = (broker.data / "meta.properties").read_text()
    cluster = re.search("^cluster.id=(.*)$", meta, re.M).group(1)
    assert ask(broker, "kafka-cluster", "cluster-id") == f"Cluster ID: {cluster}\n"


def test_console_producer_and_consumer(broker):
    sent = {}
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        create(broker, codec)
        sent[codec] = words(500, codec).decode()
        ask(broker, "kafka-console-producer", "--topic", codec, "--compression-codec", codec,
            data=sent[codec].encode())
    for codec, text in sent.items():
        got = ask(broker, "kafka-console-consumer", "--topic", codec, "--partition", "0",
                  "--offset", "earliest", "--max-messages", "500", said="Processed a total of 500")
        assert got == text, codec
        assert kcat(broker, "-C", "-t", codec, "-e", "-q").decode() == text, codec
    ask(broker, "kafka-console-producer", "--topic", "none", "--sync", "--reader-property",
        "parse.key=true", "--reader-property", "key.separator=:", "--reader-property",
        "parse.headers=true", data=b"h1:v1,h2:\tkey:value\n")
    got = ask(broker, "kafka-console-consumer", "--topic", "none", "--partition", "0", "--offset",
              "500", "--max-messages", "1", "--formatter-property", "print.offset=true",
              "--formatter-property", "print.partition=true", "--formatter-property",
              "print.key=true", "--formatter-property", "print.headers=true",
              said="Processed a total of 1")
    assert got == "Partition:0\tOffset:500\th1:v1,h2:\tkey\tvalue\n", got


def test_producer_perf_test_and_get_offsets(broker):
    create(broker, "perf", "--partitions", "2")
    for properties in ("acks=all", "enable.idempotence=false"):
        out = ask(broker, "kafka-producer-perf-test", "--topic", "perf", "--num-records", "20000",
                  "--record-size", "500", "--throughput", "-1", "--command-property", properties)
        assert out.splitlines()[-1].startswith("20000 records sent, "), out
    counts = ask(broker, "kafka-get-offsets", "--topic", "perf").split()
    assert sum(int(line.split(":")[2]) for line in counts) == 40000, counts


def test_get_offsets_by_every_time(broker):
    create(broker, "times")
    for _ in range(4):
        kcat(broker, "-P", "-t", "times", data=b"x\n")
    stamps = kcat(broker, "-C", "-t", "times", "-e", "-q", "-f", "%T\n").decode().split()
    last = stamps.index(stamps[-1])
    for time, offset in [("earliest", "0"), ("-2", "0"), ("latest", "4"), ("-1", "4"),
                         ("max-timestamp", str(last)), ("-3", str(last)), ("earliest-local", "0"),
                         ("-4", "0"), ("latest-tiered", None), ("-5", None),
                         ("earliest-pending-upload", None), ("-6", None), ("0", "0"),
                         (stamps[2], str(stamps.index(stamps[2]))), ("99999999999999", None)]:
        got = ask(broker, "kafka-get-offsets", "--topic", "times", "--time", time)
        assert got == ("" if offset is None else f"times:0:{offset}\n"), (time, got)
    assert ask(broker, "kafka-get-offsets") == "times:0:4\n"
    create(broker, "more", "--partitions", "4")
    assert ask(broker, "kafka-get-offsets", "--topic-partitions", "mo.*:1-3,times:0",
               "--exclude-internal-topics") == "more:1:0\nmore:2:0\ntimes:0:4\n"


def dump(*arguments):
    out = tool("kafka-dump-log", *arguments)
    for complaint in ("isvalid: false", "Mismatches in", "Non-consecutive", "Found ", "orrupt"):
        assert complaint not in out, out[:3000]
    return out


def files(broker, topic, ending):
    return sorted(str(path) for path in broker.data.glob(f"{topic}/*.{ending}"))


def logged(broker, topic):
    """Sizes of the values that kafka-dump-log finds, in order of offset, without a gap."""
    names = files(broker, topic, "log")
    out = dump("--deep-iteration", "--files", ",".join(names)) if names else ""
    records = re.findall(r"^\| offset: (\d+) .* valueSize: (\d+)", out, re.M)
    assert [int(offset) for offset, _ in records] == list(range(len(records)))
    return [int(size) for _, size in records]


def test_dump_log_reads_every_file(broker):
    create(broker, "dumped", "--config", "segment.bytes=1048576")
    sizes = []
    for ending in ("stop", "kill", "kill"):
        for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
            text = words(4000, codec)
            sizes += [len(line) for line in text.splitlines()]
            kcat(broker, "-P", "-t", "dumped", "-z", codec, "-X", "enable.idempotence=true",
                 data=text)
        if ending == "kill":
            broker.kill()
            broker.start()
        broker.stop()
        assert logged(broker, "dumped-0") == sizes, ending
        indexes = files(broker, "dumped-0", "index") + files(broker, "dumped-0", "timeindex")
        out = dump("--index-sanity-check", "--files", ",".join(indexes))
        assert out.count("passed sanity check") + out.count("is empty") == len(indexes), out
        out = dump("--verify-index-only", "--files", ",".join(indexes))
        assert len(out.splitlines()) <= 2 * len(indexes), out
        snapshots = files(broker, "dumped-0", "snapshot")
        out = dump("--files", ",".join(snapshots))
        assert snapshots and f"lastOffset: {len(sizes) - 1} " in out, out
        broker.start()


LEVELS = {"gzip": "9", "lz4": "17", "zstd": "19"}


def test_kafka_reads_what_the_broker_compressed(broker):
    """Each codec of a topic, fed in each codec of a producer: Kafka's own code unpacks the log."""
    codecs = ("none", "gzip", "snappy", "lz4", "zstd")
    topics = ("uncompressed", *codecs[1:])
    sent = words(400, "compressed")
    for topic in topics:
        level = LEVELS.get(topic)
        create(broker, topic, "--config", f"compression.type={topic}",
               *(["--config", f"compression.{topic}.level={level}"] if level else []))
        for codec in codecs:
            kcat(broker, "-P", "-t", topic, "-z", codec, "-X", "enable.idempotence=true", data=sent)
    ask(broker, "kafka-console-producer", "--topic", "zstd", "--compression-codec", "snappy",
        data=sent)
    got = ask(broker, "kafka-console-consumer", "--topic", "zstd", "--partition", "0", "--offset",
              "earliest", "--max-messages", "2400", said="Processed a total of 2400")
    assert got == sent.decode() * 6
    broker.stop()
    for topic in topics:
        name = "none" if topic == "uncompressed" else topic
        out = dump("--deep-iteration", "--print-data-log", "--files",
                   ",".join(files(broker, f"{topic}-0", "log")))
        stored = set(re.findall(r" compresscodec: (\w+) ", out))
        assert stored == {name}, (topic, stored)
        values = re.findall(r"^\| offset: .* payload: (.*)$", out, re.M)
        assert values == sent.decode().splitlines() * (6 if topic == "zstd" else 5), topic
    broker.start()


def test_dump_log_decodes_the_metadata_log(broker):
    create(broker, "kept", "--partitions", "2", "--config", "retention.ms=7")
    create(broker, "gone")
    ask(broker, "kafka-topics", "--delete", "--topic", "gone")
    for epoch, ending in enumerate(("stop", "kill")):
        if ending == "kill":
            broker.kill()
            broker.start()
        broker.stop()
        out = dump("--cluster-metadata-decoder", "--files",
                   ",".join(files(broker, "__cluster_metadata-0", "log")))
        records = [json.loads(text) for text in re.findall(r" payload: (\{.*\})$", out, re.M)]
        kinds = [record["type"] for record in records]
        assert out.count("LeaderChange: ") == 1 + 2 * epoch, out
        assert kinds.count("TOPIC_RECORD") == 2 and kinds.count("PARTITION_RECORD") == 3, kinds
        assert kinds.count("REMOVE_TOPIC_RECORD") == 1 and "CONFIG_RECORD" in kinds, kinds
        assert kinds.count("FEATURE_LEVEL_RECORD") == 6, kinds
        epochs = [record["data"]["brokerEpoch"] for record in records
                  if record["type"] == "REGISTER_BROKER_RECORD"]
        assert records[-1] == {"type": "BROKER_REGISTRATION_CHANGE_RECORD", "version": 1, "data": {
            "brokerId": 1, "brokerEpoch": epochs[-1], "fenced": 1,
            "inControlledShutdown": 1}}, records[-1]
        broker.start()
