"""Apache Kafka's own command-line tools, run by kafka/Tools.java in one JVM for all tests."""
import atexit
import base64
import pathlib
import select
import subprocess
import tempfile
import threading

from harness import ROOT

JARS = ROOT / "build" / "kafka"
TOOLS = {
    "kafka-broker-api-versions": "org.apache.kafka.tools.BrokerApiVersionsCommand",
    "kafka-cluster": "org.apache.kafka.tools.ClusterTool",
    "kafka-configs": "kafka.admin.ConfigCommand",
    "kafka-console-consumer": "org.apache.kafka.tools.consumer.ConsoleConsumer",
    "kafka-consumer-groups": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
    "kafka-console-producer": "org.apache.kafka.tools.ConsoleProducer",
    "kafka-delete-records": "org.apache.kafka.tools.DeleteRecordsCommand",
    "kafka-dump-log": "kafka.tools.DumpLogSegments",
    "kafka-get-offsets": "org.apache.kafka.tools.GetOffsetShell",
    "kafka-log-dirs": "org.apache.kafka.tools.LogDirsCommand",
    "kafka-metadata-quorum": "org.apache.kafka.tools.MetadataQuorumCommand",
    "kafka-producer-perf-test": "org.apache.kafka.tools.ProducerPerformance",
    "kafka-storage": "kafka.tools.StorageTool",
    "kafka-topics": "org.apache.kafka.tools.TopicCommand",
    "patterns": "Patterns",
    "takeover": "Takeover",
}


class Jvm:
    """Started by the first call. One that does not answer in time is killed, the next call starts
    another. Calls of tests that run side by side wait for each other: a JVM has one System.out."""

    def __init__(self):
        self.process = None
        self.turn = threading.Lock()
        self.home = tempfile.TemporaryDirectory(prefix="odradek-jvm-")

    def start(self):
        assert (JARS / "Tools.class").exists(), "./dev install-deps brings Kafka's tools"
        self.process = subprocess.Popen(
            ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m",
             "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{JARS}:{JARS}/*", "Tools"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def call(self, tool, arguments, data, timeout):
        """Exit code, standard output, standard error."""
        if self.process is None or self.process.poll() is not None:
            self.start()
        files = {name: pathlib.Path(self.home.name) / name for name in ("in", "out", "err")}
        if data is not None:
            files["in"].write_bytes(data)
        words = ["" if data is None else files["in"], files["out"], files["err"], TOOLS[tool],
                 *arguments]
        line = b" ".join(base64.b64encode(str(word).encode()) for word in words) + b"\n"
        self.process.stdin.write(line)
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], timeout)
        code = self.process.stdout.readline() if ready else b""
        out, err = (files[name].read_bytes().decode(errors="replace") for name in ("out", "err"))
        if not code:
            self.close()
            raise AssertionError(f"{tool} did not end in {timeout} s:\n{out[-2000:]}\n{err}")
        return int(code), out, err

    def close(self):
        if self.process:
            self.process.kill()
            self.process.wait(20)
            self.process = None


JVM = Jvm()
atexit.register(JVM.close)


def run_tool(tool, *arguments, data=None, timeout=60):
    """A tool's exit code, standard output and standard error."""
    with JVM.turn:
        return JVM.call(tool, arguments, data, timeout)


def tool(name, *arguments, said="", **options):
    """Standard output of a tool that must end well, with nothing but `said` on standard error."""
    code, out, err = run_tool(name, *arguments, **options)
    good = code == 0 and (said in err if said else not err)
    assert good, f"{name} {arguments}: exit {code}\n{out[-2000:]}\n{err[-3000:]}"
    return out


def ask(broker, name, *arguments, **options):
    """`tool`, sent to a broker."""
    return tool(name, *with_broker(broker, name, arguments), **options)


def refused(broker, name, *arguments, **options):
    """All that a tool prints that must fail."""
    code, out, err = run_tool(name, *with_broker(broker, name, arguments), **options)
    assert code != 0, f"{name} {arguments}: {out}"
    return out + err


def with_broker(broker, name, arguments):
    server = ("--bootstrap-server", f"127.0.0.1:{broker.port}")
    return (*arguments, *server) if name == "kafka-cluster" else (*server, *arguments)
