"""Consumer groups of KIP-848 under Kafka's clients, librdkafka, restarts and frames by hand."""
import re
import time

from confluent_kafka import Consumer, TopicPartition as Place

from cases_groups import committed, fill, read, server
from kafka_tools import ask

ONCE = {"test_kafkas_consumer_of_the_new_protocol"}
NEW = ("--command-property", "group.protocol=consumer")


def modern(broker, group, **settings):
    return Consumer({"bootstrap.servers": server(broker), "group.id": group,
                     "group.protocol": "consumer", "auto.offset.reset": "earliest",
                     "enable.auto.commit": False, "fetch.wait.max.ms": 10, **settings})


def test_kafkas_consumer_of_the_new_protocol(broker):
    fill(broker, "t", 100)
    got = ask(broker, "kafka-console-consumer", *NEW, "--topic", "t", "--group", "java",
              "--from-beginning", "--max-messages", "60", said="Processed a total of 60 messages")
    assert len(got.splitlines()) == 60, got.splitlines()[:3]
    said = ask(broker, "kafka-consumer-groups", "--describe", "--group", "java",
               said="has no active members")
    assert re.search(r"^java +t +0 +60 +100 +40 ", said, re.M), said
    broker.kill()
    broker.start()
    said = ask(broker, "kafka-consumer-groups", "--describe", "--group", "java", "--state",
               said="has no active members")
    assert re.search(r"^java .* uniform +Empty +0", said, re.M), said
    rest = ask(broker, "kafka-console-consumer", *NEW, "--topic", "t", "--group", "java",
               "--max-messages", "40", said="Processed a total of 40 messages")
    assert len(rest.splitlines()) == 40
    listed = ask(broker, "kafka-consumer-groups", "--list", "--type", "consumer")
    assert re.search(r"^java +Consumer *$", listed, re.M), listed
    listed = ask(broker, "kafka-consumer-groups", "--list", "--type", "classic")
    assert "java" not in listed, listed
    assert "successful" in ask(broker, "kafka-consumer-groups", "--delete", "--group", "java")
    assert ask(broker, "kafka-consumer-groups", "--list").split() == []


def test_librdkafka_of_the_new_protocol_resumes(broker):
    fill(broker, "t", 200, partitions=2)
    first = modern(broker, "resume")
    first.subscribe(["t"])
    got = read(first, 250)
    first.commit(asynchronous=False)
    first.close()
    second = modern(broker, "resume")
    second.subscribe(["t"])
    got += read(second, 150)
    assert sorted(got) == [(p, i) for p in range(2) for i in range(200)]
    second.close()
