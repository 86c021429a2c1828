"""Apache Kafka itself takes over a directory after a clean stop, and gives it back."""
import pathlib
import re
import shutil
import subprocess
import time

from harness import free_port, kcat, words
from kafka_tools import JARS, ask, run_tool
from wire import api_versions

LONG_ONLY = {"test_kafka_takes_the_directory_and_gives_it_back",
             "test_a_directory_that_kafka_made",
             "test_kafka_takes_a_catalog_whose_beginning_is_gone"}


class Kafka:
    """A real broker over a directory, on the port that ours had."""

    def __init__(self, broker):
        self.port = broker.port
        controller = free_port()
        home = pathlib.Path(broker.home.name)
        self.path = home / "kafka.properties"
        self.path.write_text(f"""process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={broker.data}
offsets.topic.replication.factor=1
""")
        self.output = home / "kafka.log"

    def format(self):
        code, _, err = run_tool("kafka-storage", "format", "-t", "abcdefghijklmnopqrstuw", "-c",
                                self.path)
        assert code == 0, err
        return self

    def start(self):
        with open(self.output, "ab") as output:
            self.process = subprocess.Popen(
                ["java", "-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                 "-Dorg.slf4j.simpleLogger.log.kafka.server.BrokerLifecycleManager=info", "-cp",
                 f"{JARS}/*", "kafka.Kafka", self.path], stdout=output, stderr=output)
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            try:
                api_versions(self.port)
                if b"leader -1" in kcat(self, "-L"):
                    raise ConnectionError("not every partition has its leader")
                return self
            except (OSError, subprocess.CalledProcessError):
                assert self.process.poll() is None, self.text()
                time.sleep(0.1)
        raise AssertionError("Kafka does not answer:\n" + self.text())

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.process.terminate()
        assert self.process.wait(60) in (0, 143), self.text()
        assert kind or "ERROR" not in self.text(), self.text()

    def text(self):
        return self.output.read_text()[-3000:]


def check(broker, topic, wanted, partition=0):
    done = subprocess.run(["kcat", "-b", f"127.0.0.1:{broker.port}", "-C", "-t", topic, "-p",
                           str(partition), "-o", "beginning", "-e"], capture_output=True,
                          timeout=120)
    assert done.returncode == 0 and done.stdout == wanted, (
        f"{topic}: {len(done.stdout)} bytes instead of {len(wanted)}: {done.stderr}")


def test_kafka_takes_the_directory_and_gives_it_back(broker):
    wanted = {}
    ask(broker, "kafka-topics", "--create", "--topic", "gzip", "--config", "compression.type=gzip",
        "--config", "segment.bytes=1048576")
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        wanted[codec] = words(20000, codec)
        kcat(broker, "-P", "-t", codec, "-z", codec, "-X", "enable.idempotence=true",
             data=wanted[codec])
    described = ask(broker, "kafka-topics", "--describe", "--topic", "gzip")
    broker.kill()
    broker.start()
    for turn in range(2):
        broker.stop()
        with Kafka(broker).start() as kafka:
            for codec, text in wanted.items():
                check(kafka, codec, text)
            assert sorted(ask(kafka, "kafka-topics", "--describe", "--topic", "gzip")) == sorted(
                described)
            for codec in wanted:
                more = words(1000, f"{codec} {turn}")
                kcat(kafka, "-P", "-t", codec, "-z", codec, "-X", "enable.idempotence=true",
                     data=more)
                wanted[codec] += more
        broker.start()
        for codec, text in wanted.items():
            check(broker, codec, text)
        more = words(1000, turn)
        kcat(broker, "-P", "-t", "zstd", "-z", "zstd", data=more)
        wanted["zstd"] += more


def test_a_directory_that_kafka_made(broker):
    broker.stop()
    subprocess.run(["rm", "-r", broker.data], check=True)
    text = words(20000, 1)
    with Kafka(broker).format().start() as kafka:
        ask(kafka, "kafka-topics", "--create", "--topic", "made", "--partitions", "3", "--config",
            "retention.ms=123456789")
        kcat(kafka, "-P", "-t", "made", "-p", "1", "-X", "enable.idempotence=true", data=text)
    broker.start()
    described = ask(broker, "kafka-topics", "--describe", "--topic", "made")
    assert re.search(r"PartitionCount: 3\t.*retention.ms=123456789", described), described
    check(broker, "made", text, partition=1)
    kcat(broker, "-P", "-t", "made", "-p", "1", data=text)
    broker.kill()
    broker.start()
    check(broker, "made", text + text, partition=1)


def topics(broker):
    return set(re.findall(r'topic "(topic-\d+)" with 1 partitions', kcat(broker, "-L").decode()))


def test_kafka_takes_a_catalog_whose_beginning_is_gone(broker):
    catalog = broker.data / "__cluster_metadata-0"
    first = catalog / "00000000000000000000.log"
    broker.stop()
    broker.settings = ["metadata.log.max.record.bytes.between.snapshots=3000",
                       "internal.metadata.log.segment.bytes=2000", "metadata.max.retention.bytes=1"]
    broker.start()
    deadline = time.monotonic() + 60
    count = 0
    while first.exists() or count < 60:
        assert time.monotonic() < deadline, sorted(catalog.iterdir())
        kcat(broker, "-L", "-t", f"topic-{count}")
        count += 1
    made = {f"topic-{i}" for i in range(count)}
    text = words(1000, 1)
    kcat(broker, "-P", "-t", "topic-0", data=text)
    broker.kill()
    broker.start()
    assert topics(broker) == made
    broker.stop()
    # What a stop may leave of a topic that was deleted just before.
    left = broker.data / "gone-0.0123456789abcdef0123456789abcdef-delete"
    shutil.copytree(broker.data / "topic-0-0", left)
    with Kafka(broker).start() as kafka:
        assert topics(kafka) == made
        check(kafka, "topic-0", text)
        ask(kafka, "kafka-topics", "--create", "--topic", "topic-9999")
        made.add("topic-9999")
    broker.start()
    assert topics(broker) == made and not left.exists()
    check(broker, "topic-0", text)
