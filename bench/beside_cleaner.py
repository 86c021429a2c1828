#!/usr/bin/env python3
"""Whether compaction delays producing: its latency with a cleaning beside it and without.

    beside_cleaner.py [ODRADEK [ROUNDS [BROKER ARGUMENT...]]]

Starts a broker of its own (build/release/bin/odradek unless one is named) in a new directory and
fills a topic of each round with 192 MiB. Then in turn, ROUNDS times (3): by a timetable, 2,000
records a second of 256 bytes with acks=all for six seconds, and the same while the round's topic,
which becomes a compacted one when they begin, is cleaned. The bytes that the broker read and
wrote meanwhile say that it was. On a busy machine only the two of one round can be compared.
"""
import json
import pathlib
import socket
import statistics
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
sys.path.insert(0, str(ROOT / "bench"))

from catalog import Broker  # noqa: E402
from wire import create_topic, frame, receive, text  # noqa: E402

BENCH = ROOT / "build" / "release" / "bin" / "odradek-bench"
FILL_MIB = 192
SEGMENT_BYTES = 16 << 20


def bench(broker, directory, *arguments):
    path = pathlib.Path(directory) / "result.json"
    subprocess.run([BENCH, "-b", f"127.0.0.1:{broker.port}", "--json-output", path, *arguments],
                   check=True, timeout=300, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return json.loads(path.read_text())


def fill(broker, directory, topic):
    create_topic(broker, topic, {"segment.bytes": str(SEGMENT_BYTES), "cleanup.policy": "delete",
                                 "min.cleanable.dirty.ratio": "0.01"})
    bench(broker, directory, "-t", topic, "-c", "64", "--connections", "2", "-s", "1024",
          "--records-per-batch", "16", "--batch-size", "65536", "-n", str(FILL_MIB * 1024),
          "--acks", "all")


def compact(broker, topic):
    """IncrementalAlterConfigs: the topic becomes a compacted one."""
    def short(value):
        return bytes([len(value) + 1]) + value.encode()

    config = short("cleanup.policy") + b"\0" + short("compact") + b"\0"
    body = b"\2" + b"\2" + short(topic) + b"\2" + config + b"\0" + b"\0" + b"\0"
    with socket.create_connection(("127.0.0.1", broker.port), timeout=30) as s:
        s.sendall(frame(44, 1, body, flexible=True))
        answer = receive(s)
    error, = struct.unpack_from(">h", answer, 4 + 1 + 4 + 1)
    assert error == 0, answer


def disk_mib(broker):
    """Read, in the page cache or not, and written."""
    fields = pathlib.Path(f"/proc/{broker.process.pid}/io").read_text().split()
    return int(fields[1]) >> 20, int(fields[3]) >> 20


def produce(broker, directory):
    before = disk_mib(broker)
    result = bench(broker, directory, "-t", "beside", "-c", "64", "-s", "256", "--acks", "all",
                   "--rate-limit", "2000", "-w", "500ms", "-d", "6s")
    after = disk_mib(broker)
    assert result["failed"] == 0, result
    latency = result["latency_ms"]["response"]
    moved = ", ".join(f"{after[i] - before[i]} MiB {what}" for i, what in
                      enumerate(["read", "written"]))
    return latency, moved


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "release" / "bin" / "odradek"
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    ratios = []
    with tempfile.TemporaryDirectory(prefix="odradek-cleaner-") as directory:
        broker = Broker(program, directory, "--set", "log.cleaner.backoff.ms=100", *sys.argv[3:])
        try:
            create_topic(broker, "beside", {}, partitions=4)
            for turn in range(rounds):
                fill(broker, directory, f"compacted-{turn}")
            for turn in range(rounds):
                alone, moved_alone = produce(broker, directory)
                compact(broker, f"compacted-{turn}")
                beside, moved = produce(broker, directory)
                ratios.append(beside["p99"] / alone["p99"])
                load = pathlib.Path("/proc/loadavg").read_text().split()[0]
                for name, latency, bytes_moved in (("alone", alone, moved_alone),
                                                   ("beside", beside, moved)):
                    print(f"{name:7} p50 {latency['p50']:8.2f}  p99 {latency['p99']:8.2f}  p99.9 "
                          f"{latency['p99.9']:8.2f} ms  {bytes_moved}; load {load}", flush=True)
        finally:
            broker.process.terminate()
            broker.process.wait(60)
    print(f"p99 beside a cleaning: {statistics.median(ratios):.2f} times that without "
          f"({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
