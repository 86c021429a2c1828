"""Consumer groups and committed offsets under real clients, restarts and frames by hand."""
import subprocess
import threading
import time

from confluent_kafka import Consumer, OFFSET_INVALID, TopicPartition as Place
from confluent_kafka.admin import AdminClient
from kafka import KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata

from harness import kcat, words
from wire import create_topic


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
