"""Real text and binaries of the machine at hand go in and come back byte for byte.

Text goes line by line, binaries as records of up to 1 MB, with every codec, over three partitions.
A digest of each partition's records stands for them. Every load is by an idempotent librdkafka, so
that not a record may be lost, doubled or out of place, whatever happens to the broker meanwhile.
"""
import hashlib
import itertools
import os
import pathlib
import random
import threading
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from harness import LONG

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
PARTITIONS = 3
BYTES = (20 << 20) if LONG else (1 << 20)  # of text, and of binaries, for each codec
RECORD_MAX = 1_040_000
KILLS = 20 if LONG else 2
LONG_ONLY = {"test_kill_loop_with_one_acknowledgement"}


def contents(folders, seed):
    """The contents of plain files below the folders, in an order that the seed decides."""
    paths = [os.path.join(where, name) for folder in folders
             for where, _, names in os.walk(folder) for name in names]
    paths.sort()
    random.Random(seed).shuffle(paths)
    for path in paths:
        if os.path.isfile(path) and not os.path.islink(path) and os.access(path, os.R_OK):
            yield pathlib.Path(path).read_bytes()


def lines(seed):
    left = BYTES
    for text in contents(["/usr/share/doc", "/usr/share/perl", "/usr/lib/python3"], seed):
        for line in text.split(b"\n"):
            yield line[:RECORD_MAX]
            left -= len(line)
            if left <= 0:
                return


def pieces(seed):
    left = BYTES
    rng = random.Random(seed)
    for binary in contents(["/usr/lib/x86_64-linux-gnu", "/usr/bin"], seed):
        at = 0
        while at < len(binary):
            size = rng.choice((rng.randint(1, 1000), rng.randint(1, RECORD_MAX), RECORD_MAX))
            yield binary[at:at + size]
            at += size
            left -= size
            if left <= 0:
                return


def real_records(seed):
    return itertools.chain(lines(seed), pieces(seed))


class Digests:
    """Of the records of each partition, in order."""

    def __init__(self):
        self.sums = [hashlib.sha256() for _ in range(PARTITIONS)]
        self.counts = [0] * PARTITIONS

    def add(self, partition, value):
        self.sums[partition].update(len(value).to_bytes(4, "big") + value)
        self.counts[partition] += 1

    def tell(self):
        return [(count, done.hexdigest()) for count, done in zip(self.counts, self.sums)]


def make_topic(broker, topic):
    admin = AdminClient({"bootstrap.servers": f"127.0.0.1:{broker.port}"})
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result(10)


def real_records_while(seed, wanted):
    """Over and over, at least once."""
    yield from real_records(seed)
    while wanted():
        yield from real_records(seed)


def send(broker, topic, codec, wanted=lambda: False):
    """Loads real records and returns their digests once all of them are acknowledged."""
    failed = []

    def done(error, _):
        if error:
            failed.append(error)

    producer = Producer({"bootstrap.servers": f"127.0.0.1:{broker.port}", "linger.ms": 2,
                         "enable.idempotence": True, "compression.type": codec,
                         "message.max.bytes": 1048588, "reconnect.backoff.max.ms": 100,
                         "retry.backoff.ms": 20, "retry.backoff.max.ms": 100,
                         "queue.buffering.max.kbytes": 32768, "log_level": 0})
    sent = Digests()
    for number, value in enumerate(real_records_while(codec, wanted)):
        partition = number % PARTITIONS
        sent.add(partition, value)
        while True:
            try:
                producer.produce(topic, value=value, partition=partition, on_delivery=done)
                break
            except BufferError:
                producer.poll(0.01)
        producer.poll(0)
    assert producer.flush(120) == 0 and not failed, (topic, failed[:3])
    return sent.tell()


def fetch(broker, topics):
    """Digests of all that is in these topics."""
    consumer = Consumer({"bootstrap.servers": f"127.0.0.1:{broker.port}", "group.id": "unused",
                         "enable.auto.commit": False, "enable.partition.eof": True,
                         "check.crcs": True, "fetch.wait.max.ms": 10})
    consumer.assign([TopicPartition(topic, i, 0) for topic in topics for i in range(PARTITIONS)])
    got = {topic: Digests() for topic in topics}
    ended = set()
    deadline = time.monotonic() + 300
    while len(ended) < PARTITIONS * len(topics):
        assert time.monotonic() < deadline, {topic: got[topic].counts for topic in topics}
        for message in consumer.consume(10000, 1):
            topic, partition = message.topic(), message.partition()
            if message.error():
                assert message.error().name() == "_PARTITION_EOF", message.error()
                ended.add((topic, partition))
                continue
            assert message.offset() == got[topic].counts[partition], "an offset is missing"
            got[topic].add(partition, message.value() or b"")
    consumer.close()
    return {topic: digests.tell() for topic, digests in got.items()}


def check(broker, sent, when):
    got = fetch(broker, list(sent))
    for topic, digests in sent.items():
        assert got[topic] == digests, f"{topic} {when}: {got[topic]} instead of {digests}"


def test_real_input_survives_restart_and_kill(broker):
    sent = {}
    for codec in CODECS:
        make_topic(broker, f"real-{codec}")
        sent[f"real-{codec}"] = send(broker, f"real-{codec}", codec)
    check(broker, sent, "at once")
    broker.stop()
    broker.start()
    check(broker, sent, "after a restart")
    broker.kill()
    broker.start()
    check(broker, sent, "after a kill")


def kill_some_times(broker, seed):
    rng = random.Random(seed)
    for _ in range(KILLS):
        time.sleep(rng.uniform(0.05, 0.4))
        broker.kill()
        broker.start()


def test_real_input_survives_kills_during_the_load(broker):
    sent = {}
    for codec in CODECS if LONG else ("none", "zstd"):
        make_topic(broker, f"killed-{codec}")
        killer = threading.Thread(target=kill_some_times, args=(broker, codec))
        killer.start()
        try:
            sent[f"killed-{codec}"] = send(broker, f"killed-{codec}", codec, killer.is_alive)
        finally:
            killer.join()
    check(broker, sent, "after kills")
    broker.kill()
    broker.start()
    check(broker, sent, "after the last kill")


def test_kill_loop_with_one_acknowledgement(broker):
    """Without idempotence a record may be doubled by a retry; an acknowledged one is where its
    delivery report says. The kill comes a while after the first report."""
    make_topic(broker, "plain")
    for turn in range(40):
        told = []
        producer = Producer({"bootstrap.servers": f"127.0.0.1:{broker.port}", "acks": 1,
                             "message.timeout.ms": 3000, "linger.ms": 1, "log_level": 0})
        number = 0
        until = time.monotonic() + 30
        life = random.Random(turn).uniform(0.1, 0.6)
        while time.monotonic() < until:
            if told:
                until = min(until, time.monotonic() + life)
            value = b"%d %d %s" % (turn, number, b"x" * (number % 700))
            producer.produce("plain", value=value, partition=number % PARTITIONS,
                             on_delivery=lambda error, message: error or told.append(message))
            producer.poll(0 if told else 0.01)
            number += 1
        broker.kill()
        producer.poll(0)
        producer.purge()
        producer.flush(5)
        broker.start()
        assert told, turn
        consumer = Consumer({"bootstrap.servers": f"127.0.0.1:{broker.port}", "group.id": "unused",
                             "enable.auto.commit": False, "fetch.wait.max.ms": 10})
        first = {}
        for message in told:
            place = (message.partition(), message.offset())
            first[place[0]] = min(first.get(place[0], place[1]), place[1])
        consumer.assign([TopicPartition("plain", p, offset) for p, offset in first.items()])
        wanted = {(m.partition(), m.offset()): m.value() for m in told}
        deadline = time.monotonic() + 60
        while wanted:
            assert time.monotonic() < deadline, f"turn {turn}: {len(wanted)} records are missing"
            for message in consumer.consume(10000, 1):
                assert message.error() is None, message.error()
                value = wanted.pop((message.partition(), message.offset()), message.value())
                assert value == message.value(), (turn, value, message.value())
        consumer.close()
