"""The brokers under comparison: each started and stopped alone, over a directory of its own."""
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT = ROOT / "build" / "release" / "bin"
JARS = ROOT / "build" / "kafka"
sys.path.append(str(ROOT / "tests" / "e2e"))

from wire import frame, request  # noqa: E402

# What kafka-run-class.sh gives the JVM, and a heap that does not grow while it is measured.
JVM = ["java", "-Xms1g", "-Xmx1g", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
       "-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent",
       "-Djava.awt.headless=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
START_SECONDS = 600
STOP_SECONDS = 120


class Failed(Exception):
    """A broker or client that did not do what it was asked, in a sentence."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Reader:
    """A cursor over an answer."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        values = struct.unpack_from(">" + form, self.data, self.at)
        self.at += struct.calcsize(">" + form)
        return values[0]

    def string(self):
        length = self.take("h")
        if length < 0:
            return None
        self.at += length
        return self.data[self.at - length:self.at]

    def skip_numbers(self):
        count = self.take("i")
        self.at += 4 * count


def metadata(port, everything=False):
    """Brokers that are known, partitions, and how many of these have a leader."""
    body = struct.pack(">i", -1 if everything else 0)
    answer = request(port, frame(3, 1, body), timeout=30)
    if not answer:
        raise ConnectionError("closed")
    reader = Reader(answer)
    reader.take("i")
    brokers = reader.take("i")
    for _ in range(brokers):
        reader.take("i"), reader.string(), reader.take("i"), reader.string()
    reader.take("i")
    partitions = led = 0
    for _ in range(reader.take("i")):
        reader.take("h"), reader.string(), reader.take("b")
        for _ in range(reader.take("i")):
            reader.take("h"), reader.take("i")
            partitions += 1
            led += reader.take("i") >= 0
            reader.skip_numbers(), reader.skip_numbers()
    return brokers, partitions, led


def create_topics(port, topics):
    """In one request; `topics` are pairs of name and partitions."""
    body = struct.pack(">i", len(topics))
    for name, partitions in topics:
        body += struct.pack(">h", len(name)) + name.encode()
        body += struct.pack(">ihii", partitions, 1, 0, 0)
    body += struct.pack(">ib", 120000, 0)
    reader = Reader(request(port, frame(19, 2, body), timeout=180))
    reader.take("i"), reader.take("i")
    for _ in range(reader.take("i")):
        name, error = reader.string(), reader.take("h")
        reader.string()
        if error != 0:
            raise Failed(f"cannot create {name.decode()}: Kafka's error {error}")


class Broker:
    """What all have in common; `cpus` is a list for taskset, or None."""

    name = None
    text = None
    parts = ("standing", "load", "pinned")
    one_core = ()  # settings for a single processor

    def __init__(self, home, cpus=None, settings=()):
        self.home = pathlib.Path(home)
        self.data = self.home / "data"
        self.log = self.home / "log"
        self.port = free_port()
        self.cpus = cpus
        self.settings = list(settings)
        self.process = None
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)

    def pinned(self):
        command = [str(word) for word in self.command()]
        return ["taskset", "-c", self.cpus, *command] if self.cpus else command

    def prepare(self):
        """What has to be there before the first start."""

    def start(self, partitions=0):
        """Seconds to the first answered Metadata, and until so many partitions have leaders."""
        begin = time.monotonic()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.pinned(), stdout=log, stderr=log, cwd=self.home)
        answered = None
        while time.monotonic() < begin + START_SECONDS:
            asked = time.monotonic()
            try:
                if answered is None and metadata(self.port)[0] > 0:
                    answered = time.monotonic() - begin
                if answered is not None and (partitions == 0 or
                                             metadata(self.port, True)[2] >= partitions):
                    return answered, time.monotonic() - begin
            except OSError:
                if self.process.poll() is not None:
                    break
            # What is asked must not be what keeps it busy: an answer of many partitions is long.
            time.sleep(max(0.002, min(1, time.monotonic() - asked)))
        raise Failed(f"{self.name} does not start: {self.last_words()}")

    def runs(self):
        return self.process is not None and self.process.poll() is None

    def stop(self):
        """Seconds to a clean end."""
        begin = time.monotonic()
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed(f"{self.name} does not stop: {self.last_words()}")
        finally:
            self.process = None
        return time.monotonic() - begin

    def close(self):
        """However things stand."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
        shutil.rmtree(self.home, ignore_errors=True)

    def last_words(self):
        return self.log.read_text(errors="replace")[-1000:] if self.log.exists() else ""


class Odradek(Broker):
    one_core = ("odradek.cores=1",)
    name = "odradek"
    text = "Odradek: every acknowledged record is on the disk"
    own = []

    def command(self):
        words = [BUILT / "odradek", "--data", self.data, "--listen", f"127.0.0.1:{self.port}"]
        for setting in self.own + self.settings:
            words += ["--set", setting]
        return words


class OdradekOneCore(Odradek):
    name = "odradek-1"
    text = "Odradek with odradek.cores=1"
    own = ["odradek.cores=1", "odradek.connections.max=8192"]


class OdradekTwoCores(Odradek):
    name = "odradek-2"
    text = "Odradek with odradek.cores=2"
    own = ["odradek.cores=2"]


class Kafka(Broker):
    name = "kafka"
    text = "Apache Kafka 4.2, default settings: acknowledged from the page cache"
    own = []

    def prepare(self):
        controller = free_port()
        lines = ["process.roles=broker,controller", "node.id=1",
                 f"controller.quorum.voters=1@127.0.0.1:{controller}",
                 f"listeners=PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller}",
                 "controller.listener.names=CONTROLLER",
                 "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
                 f"log.dirs={self.data}", "offsets.topic.replication.factor=1",
                 "transaction.state.log.replication.factor=1", "transaction.state.log.min.isr=1"]
        (self.home / "server.properties").write_text("\n".join(lines + self.own) + "\n")
        done = subprocess.run([*JVM[:1], "-cp", f"{JARS}/*", "kafka.tools.StorageTool", "format",
                               "-t", "abcdefghijklmnopqrstuw", "-c", "server.properties"],
                              cwd=self.home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise Failed(f"Kafka's directory cannot be formatted: {done.stdout.decode()}")

    def command(self):
        return [*JVM, "-cp", f"{JARS}/*", "kafka.Kafka", self.home / "server.properties"]


class KafkaFlush(Kafka):
    name = "kafka-flush"
    text = "Apache Kafka 4.2 with log.flush.interval.messages=1: durable before the answer"
    parts = ("load", "pinned")  # without records it is the other one
    own = ["log.flush.interval.messages=1"]


BROKERS = {kind.name: kind for kind in (Odradek, OdradekOneCore, OdradekTwoCores, Kafka,
                                        KafkaFlush)}
