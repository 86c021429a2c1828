"""What people run beside Kafka: Streams, Connect, and consumer groups of kafka-python."""
import collections
import http.client
import json
import pathlib
import shutil
import subprocess
import threading
import time

from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition

from harness import LONG, free_port, kcat, words
from kafka_tools import JARS, ask
from wire import create_topic

ONCE = {"test_streams_count_words", "test_connect_copies_a_file_to_a_file",
        "test_connect_in_distributed_mode", "test_kafka_python_shares_a_topic_and_resumes",
        "test_kafka_python_resumes_after_a_kill", "test_kcat_in_a_group_resumes"}
LONG_ONLY = {"test_connect_in_distributed_mode"}


def server(broker):
    return f"127.0.0.1:{broker.port}"


def java(broker, *arguments):
    """A Java program of its own, its output in a file beside the broker's."""
    log = pathlib.Path(broker.home.name) / "java.log"
    with open(log, "ab") as output:
        process = subprocess.Popen(
            ["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
             "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{JARS}:{JARS}/*",
             *map(str, arguments)], stdout=output, stderr=output)
    return process, log


def until(what, limit=60):
    """Polls until `what` is true."""
    deadline = time.monotonic() + limit
    while not what():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.05)


# Streams.

def count_words(broker, words_count, *settings):
    process, log = java(broker, "WordCount", server(broker),
                        pathlib.Path(broker.home.name) / "streams", words_count, *settings)
    try:
        code = process.wait(150)
    finally:
        process.kill()
    assert code == 0, log.read_text()[-4000:]


def check_counts(broker, wanted):
    """The last record of each word says how often it came, and each count came once."""
    out = kcat(broker, "-C", "-t", "counts", "-e", "-q", "-s", "value=q", "-f", "%k %s\n")
    seen = collections.defaultdict(list)
    for line in out.decode().splitlines():
        word, count = line.rsplit(" ", 1)
        seen[word].append(int(count))
    assert seen == {word: list(range(1, count + 1)) for word, count in wanted.items()}, (
        {word: seen[word] for word in wanted if seen[word][-1:] != [wanted[word]]})


def test_streams_count_words(broker):
    """Through its internal topics; it goes on after the broker's kill, and after the loss of its
    own state, which the topic of changes brings back."""
    for topic in ("lines", "counts"):
        create_topic(broker, topic, {}, 2)
    wanted = collections.Counter()
    for turn in range(3 if LONG else 2):
        lines = [line + " every line" for line in words(200, turn).decode().splitlines()]
        kcat(broker, "-P", "-t", "lines", data="\n".join(lines).encode() + b"\n")
        more = collections.Counter(" ".join(lines).split(" "))
        count_words(broker, more.total())
        wanted += more
        check_counts(broker, wanted)
        broker.kill()
        broker.start()
        shutil.rmtree(pathlib.Path(broker.home.name) / "streams")
    listed = ask(broker, "kafka-topics", "--list").split()
    assert [name for name in listed if name.endswith(("-changelog", "-repartition"))] == [
        "wordcount-KSTREAM-AGGREGATE-STATE-STORE-0000000003-changelog",
        "wordcount-KSTREAM-AGGREGATE-STATE-STORE-0000000003-repartition"], listed


# Connect.

WORKER = """bootstrap.servers={server}
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
offset.flush.interval.ms=200
listeners=http://127.0.0.1:{rest}
plugin.discovery=service_load
consumer.session.timeout.ms=6000
"""
STANDALONE = "offset.storage.file.filename={home}/connect.offsets\n"
DISTRIBUTED = """group.id=workers
session.timeout.ms=6000
heartbeat.interval.ms=1000
config.storage.topic=connect-configs
offset.storage.topic=connect-offsets
status.storage.topic=connect-status
config.storage.replication.factor=1
offset.storage.replication.factor=1
status.storage.replication.factor=1
offset.storage.partitions=3
status.storage.partitions=2
"""


def connectors(broker):
    """A source that reads a file into a topic, and a sink that writes the topic into another."""
    home = broker.home.name
    return [{"name": "source", "tasks.max": "1", "file": f"{home}/in.txt", "topic": "copied",
             "connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector"},
            {"name": "sink", "tasks.max": "1", "file": f"{home}/out.txt", "topics": "copied",
             "connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector",
             "consumer.override.auto.offset.reset": "earliest"}]


def properties(broker, name, pairs):
    path = pathlib.Path(broker.home.name) / f"{name}.properties"
    path.write_text(pairs if isinstance(pairs, str) else
                    "".join(f"{key}={value}\n" for key, value in pairs.items()))
    return path


class Connect:
    """A worker of Kafka Connect, in one of its two modes."""

    def __init__(self, broker, mode):
        self.rest = free_port()
        text = WORKER.format(server=server(broker), rest=self.rest)
        text += DISTRIBUTED if mode == "Distributed" else STANDALONE.format(home=broker.home.name)
        files = [properties(broker, "worker", text)]
        if mode == "Standalone":
            files += [properties(broker, pairs["name"], pairs) for pairs in connectors(broker)]
        self.process, self.log = java(broker, f"org.apache.kafka.connect.cli.Connect{mode}", *files)

    def ask(self, method, path, body=None):
        """Status and decoded answer of the worker's REST interface; 0 while there is none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.rest, timeout=30)
        try:
            connection.request(method, path, body and json.dumps(body),
                               {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            told = answer.getheader("Content-Type", "") == "application/json"
            return answer.status, json.loads(text) if told else None
        except OSError:
            assert self.process.poll() is None, self.log.read_text()[-4000:]
            return 0, None
        finally:
            connection.close()

    def running(self):
        """Both connectors and their tasks are at work."""
        for name in ("source", "sink"):
            status, told = self.ask("GET", f"/connectors/{name}/status")
            if status != 200 or [task["state"] for task in told["tasks"]] != ["RUNNING"]:
                return False
        return True

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.process.terminate()
        try:
            self.process.wait(60)
        finally:
            self.process.kill()
        text = self.log.read_text()
        assert kind or " ERROR " not in text, text[-4000:]


def copied(broker, text):
    out = pathlib.Path(broker.home.name) / "out.txt"
    until(lambda: out.exists() and out.stat().st_size >= len(text))
    assert out.read_bytes() == text


def add(broker, text):
    with open(pathlib.Path(broker.home.name) / "in.txt", "ab") as file:
        file.write(text)


def test_connect_copies_a_file_to_a_file(broker):
    """Once and in order, also what comes while it runs and after a restart of both."""
    text = words(500, 1)
    add(broker, text)
    with Connect(broker, "Standalone"):
        copied(broker, text)
        more = words(300, 2)
        add(broker, more)
        copied(broker, text + more)
    broker.kill()
    broker.start()
    last = words(200, 3)
    add(broker, last)
    with Connect(broker, "Standalone"):
        copied(broker, text + more + last)
    assert kcat(broker, "-C", "-t", "copied", "-e", "-q") == text + more + last


def test_connect_in_distributed_mode(broker):
    """Configurations, offsets and states of the connectors live in topics of the broker."""
    text = words(500, 1)
    add(broker, text)
    with Connect(broker, "Distributed") as connect:
        for pairs in connectors(broker):
            body = {key: value for key, value in pairs.items() if key != "name"}
            until(lambda b=body, n=pairs["name"]: connect.ask(
                "PUT", f"/connectors/{n}/config", b)[0] in (200, 201))
        until(connect.running)
        copied(broker, text)
    broker.kill()
    broker.start()
    more = words(300, 2)
    add(broker, more)
    with Connect(broker, "Distributed") as connect:
        until(connect.running)
        copied(broker, text + more)
        assert connect.ask("GET", "/connectors/source/topics")[1] == {
            "source": {"topics": ["copied"]}}
        offsets = connect.ask("GET", "/connectors/sink/offsets")[1]["offsets"]
        assert [entry["partition"]["kafka_topic"] for entry in offsets] == ["copied"], offsets
        # A worker that rebalances says so with 409.
        until(lambda: connect.ask("PUT", "/connectors/sink/stop")[0] == 204)
        until(lambda: connect.ask("DELETE", "/connectors/sink/offsets")[0] == 200)
        until(lambda: connect.ask("DELETE", "/connectors/source")[0] == 204)
        until(lambda: connect.ask("GET", "/connectors")[1] == ["sink"])
    for topic in ("connect-configs", "connect-offsets", "connect-status"):
        described = ask(broker, "kafka-topics", "--describe", "--topic", topic)
        assert "cleanup.policy=compact" in described, described


# kafka-python.

class Member:
    """A consumer of kafka-python in a group, polled by a thread of its own until it is told to
    end."""

    def __init__(self, broker, group, topic):
        self.got = []
        self.trouble = None
        self.ending = threading.Event()
        self.consumer = KafkaConsumer(
            topic, group_id=group, bootstrap_servers=server(broker), auto_offset_reset="earliest",
            enable_auto_commit=False, session_timeout_ms=6000, heartbeat_interval_ms=300,
            fetch_max_wait_ms=20)
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        try:
            while not self.ending.is_set():
                for records in self.consumer.poll(100, max_records=50).values():
                    self.got += [(record.partition, record.offset) for record in records]
                    self.consumer.commit()
            self.consumer.close(autocommit=False)
        except Exception as trouble:
            self.trouble = trouble

    def places(self):
        return {place.partition for place in self.consumer.assignment()}

    def end(self):
        self.ending.set()
        self.thread.join(30)
        assert not self.thread.is_alive() and self.trouble is None, self.trouble


def test_kafka_python_shares_a_topic_and_resumes(broker):
    """Two members share the partitions; who stays takes over where the other has committed."""
    create_topic(broker, "t", {}, 4)
    producer = KafkaProducer(bootstrap_servers=server(broker))

    def send(first, end):
        futures = [producer.send("t", b"%d" % i, partition=p) for p in range(4)
                   for i in range(first, end)]
        producer.flush()
        assert [f.get(10).offset for f in futures] == [*range(first, end)] * 4

    send(0, 100)
    one = Member(broker, "shared", "t")
    until(lambda: len(one.got) >= 400)
    two = Member(broker, "shared", "t")
    until(lambda: len(one.places()) == 2 and len(two.places()) == 2)
    assert one.places() | two.places() == {0, 1, 2, 3}
    send(100, 200)
    until(lambda: len(one.got) + len(two.got) >= 800)
    one.end()
    until(lambda: len(two.places()) == 4)
    send(200, 250)
    until(lambda: len(one.got) + len(two.got) >= 1000)
    two.end()
    assert sorted(one.got + two.got) == [(p, i) for p in range(4) for i in range(250)]
    producer.close()
    described = ask(broker, "kafka-consumer-groups", "--describe", "--group", "shared",
                    said="has no active members")
    assert sorted(line.split()[2:6] for line in described.splitlines() if line.startswith("sh")
                  ) == [[str(p), "250", "250", "0"] for p in range(4)], described


def test_kafka_python_resumes_after_a_kill(broker):
    create_topic(broker, "t", {})
    kcat(broker, "-P", "-t", "t", data=words(100, 1))
    place = TopicPartition("t", 0)
    settings = {"group_id": "g", "bootstrap_servers": server(broker), "enable_auto_commit": False,
                "auto_offset_reset": "earliest", "session_timeout_ms": 6000,
                "consumer_timeout_ms": 20000}
    consumer = KafkaConsumer("t", **settings)
    got = [next(consumer).offset for _ in range(30)]
    consumer.commit({place: OffsetAndMetadata(30, "thirty", -1)})
    broker.kill()
    broker.start()
    got += [next(consumer).offset for _ in range(30)]
    consumer.commit()
    consumer.close(autocommit=False)
    second = KafkaConsumer("t", **settings)
    got += [next(second).offset for _ in range(40)]
    assert got == list(range(100)), got
    assert second.committed(place) == 60
    second.close(autocommit=False)


def test_kcat_in_a_group_resumes(broker):
    create_topic(broker, "t", {}, 2)
    text = words(200, 1)
    kcat(broker, "-P", "-t", "t", "-p", "0", data=text)
    command = ("-G", "kcat", "-q", "-X", "auto.offset.reset=earliest", "-X",
               "session.timeout.ms=6000")
    assert kcat(broker, *command, "-c", "200", "t") == text
    more = words(100, 2)
    kcat(broker, "-P", "-t", "t", "-p", "1", data=more)
    assert kcat(broker, *command, "-c", "100", "t") == more
