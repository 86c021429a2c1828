"""The other families of clients: kafka-python, librdkafka new and old, and old protocol lines."""
from confluent_kafka import Consumer, Producer, OFFSET_BEGINNING, TopicCollection
from confluent_kafka import TopicPartition as Place
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic, OffsetSpec
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewPartitions as MorePartitions
from kafka.admin import NewTopic as Topic
from kafka.errors import TopicAlreadyExistsError

from harness import LONG, kcat, words

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
ONCE = {"test_kafka_python_administers_topics", "test_librdkafka_administers_topics"}


def server(broker):
    return f"127.0.0.1:{broker.port}"


def records(seed, count=500):
    """Keys, values and headers of all shapes: missing, empty, and plain."""
    keys = (None, b"key", b"", b"other key")
    return [(keys[i % 4], (line, line, b"", line if keys[i % 4] is None else None)[i % 5 % 4],
             [("h", line[-4:]), ("h", b"")] if i % 3 == 0 else [])
            for i, line in enumerate(words(count, seed).splitlines())]


def python_round(broker, topic, api_version, codec, **options):
    """Records through kafka-python and back, by every way it has to ask for a place."""
    sent = records(topic)
    common = {"bootstrap_servers": server(broker), "api_version": api_version}
    producer = KafkaProducer(acks="all", compression_type=None if codec == "none" else codec,
                             linger_ms=5, **common, **options)
    futures = [producer.send(topic, key=key, value=value, headers=headers)
               for key, value, headers in sent]
    producer.flush()
    assert [future.get(10).offset for future in futures] == list(range(len(sent)))
    producer.close()
    consumer = KafkaConsumer(group_id=None, consumer_timeout_ms=10000, **common)
    place = TopicPartition(topic, 0)
    consumer.assign([place])
    consumer.seek_to_beginning(place)
    got = [next(consumer) for _ in sent]
    assert [(m.key, m.value, list(m.headers)) for m in got] == sent, topic
    assert consumer.end_offsets([place]) == {place: len(sent)}
    assert consumer.beginning_offsets([place]) == {place: 0}
    found = consumer.offsets_for_times({place: got[0].timestamp})[place]
    assert (found.offset, found.timestamp) == (0, got[0].timestamp), (found, got[:3])
    consumer.seek(place, len(sent) - 3)
    assert next(consumer).offset == len(sent) - 3
    consumer.close()


def test_kafka_python_with_every_codec(broker):
    for codec in CODECS:
        python_round(broker, f"python-{codec}", None, codec)
    python_round(broker, "python-plain", None, "none", enable_idempotence=False)


def test_kafka_python_as_for_old_brokers(broker):
    for version in ((0, 11), (1, 0), (2, 1), (2, 8)) if LONG else ((0, 11), (2, 1)):
        python_round(broker, "old-" + "-".join(map(str, version)), version, "lz4")


def test_kafka_python_administers_topics(broker):
    admin = KafkaAdminClient(bootstrap_servers=server(broker))
    admin.create_topics([Topic("made", num_partitions=2, replication_factor=1)])
    try:
        admin.create_topics([Topic("made", num_partitions=2, replication_factor=1)])
        raise AssertionError("made twice")
    except TopicAlreadyExistsError as refusal:
        assert "already exists." in str(refusal), refusal
    admin.create_partitions({"made": MorePartitions(total_count=4)})
    for described in (admin.describe_topics(["made"])[0],
                      admin.describe_topic_partitions(["made"])["topics"][0]):
        parts = sorted(described["partitions"], key=lambda part: part["partition_index"])
        assert [(part["partition_index"], part["leader_id"], part["isr_nodes"])
                for part in parts] == [(i, 1, [1]) for i in range(4)], described
    cluster = admin.describe_cluster()
    assert [(node["broker_id"], node["port"]) for node in cluster["brokers"]] == [(1, broker.port)]
    assert admin.describe_features()["metadata.version"]["finalized"] == (29, 29)
    assert admin.list_topics() == ["made"]
    admin.delete_topics(["made"])
    assert admin.list_topics() == []
    admin.close()


def librdkafka_round(broker, topic, settings):
    """Records through librdkafka and back."""
    sent = records(topic, 2000)
    failed = []
    producer = Producer({"bootstrap.servers": server(broker), "linger.ms": 5, **settings})
    for key, value, headers in sent:
        producer.produce(topic, key=key, value=value, headers=headers, partition=0,
                         on_delivery=lambda error, _: failed.append(error) if error else None)
        producer.poll(0)
    assert producer.flush(20) == 0 and not failed, failed[:3]
    consumer = Consumer({"bootstrap.servers": server(broker), "group.id": "unused",
                         "enable.auto.commit": False, "check.crcs": True,
                         "fetch.wait.max.ms": 10})
    consumer.assign([Place(topic, 0, OFFSET_BEGINNING)])
    got = []
    while len(got) < len(sent):
        message = consumer.poll(10)
        assert message is not None and message.error() is None, (len(got), message)
        got.append((message.key(), message.value(), message.headers() or []))
    assert got == sent, topic
    assert consumer.get_watermark_offsets(Place(topic, 0)) == (0, len(sent))
    assert consumer.offsets_for_times([Place(topic, 0, 1)])[0].offset == 0
    consumer.close()


def test_librdkafka_with_every_codec(broker):
    for codec in CODECS:
        librdkafka_round(broker, f"idempotent-{codec}",
                         {"compression.type": codec, "enable.idempotence": True})
        librdkafka_round(broker, f"one-{codec}", {"compression.type": codec, "acks": 1})


def test_librdkafka_administers_topics(broker):
    admin = AdminClient({"bootstrap.servers": server(broker)})

    def done(futures):
        return {key: future.result(10) for key, future in futures.items()}

    done(admin.create_topics([NewTopic("made", 3, 1, config={"compression.type": "zstd"})]))
    done(admin.create_partitions([NewPartitions("made", 5)]))
    described = done(admin.describe_topics(TopicCollection(["made"])))["made"]
    assert [part.leader.id for part in described.partitions] == [1] * 5
    for resource, name, value in (("topic", "compression.type", "zstd"),
                                  ("broker", "log.segment.bytes", "1073741824")):
        asked = ConfigResource(resource, "made" if resource == "topic" else "1")
        (entries,) = done(admin.describe_configs([asked])).values()
        assert entries[name].value == value, entries[name]
    kcat(broker, "-P", "-t", "made", "-p", "0", data=b"x\n")
    for spec, offset in ((OffsetSpec.latest(), 1), (OffsetSpec.earliest(), 0),
                         (OffsetSpec.max_timestamp(), 0), (OffsetSpec.for_timestamp(1), 0)):
        (found,) = done(admin.list_offsets({Place("made", 0): spec})).values()
        assert found.offset == offset, (spec, found)
    assert admin.describe_cluster().result(10).controller.id == 1
    done(admin.delete_topics(["made"]))
    assert admin.list_topics(timeout=5).topics == {}


def test_librdkafka_as_for_old_brokers(broker):
    for version in ("0.11.0", "1.0.0", "2.1.0") if LONG else ("0.11.0", "2.1.0"):
        old = ("-X", "api.version.request=false", "-X", f"broker.version.fallback={version}")
        text = words(2000, version)
        kcat(broker, "-P", "-t", version, "-z", "lz4", *old, data=text)
        assert kcat(broker, "-C", "-t", version, "-e", "-q", *old) == text
        assert kcat(broker, "-C", "-t", version, "-e", "-q") == text
