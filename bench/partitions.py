#!/usr/bin/env python3
"""What many partitions and many idle connections cost: starts, stops, Metadata, memory.

    partitions.py [ODRADEK [PARTITIONS [CONNECTIONS [DIRECTORY]]]]

Starts a broker (build/release/bin/odradek unless one is named) in a new directory, below DIRECTORY
where one is named, with 10,000 partitions, of which each gets a batch of ten records; then stops
and kills it and starts it again. Processor time tells more than the clock on a busy machine, and a
directory in memory (/dev/shm) more than a disk that others use. Idle connections, 1,000 unless
told, are opened to a fresh broker; memory is what is resident.
"""
import os
import pathlib
import re
import resource
import signal
import socket
import struct
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
sys.path.insert(0, str(ROOT / "bench"))

from catalog import Broker  # noqa: E402
from wire import create_topic, frame, produce_batch, receive, request  # noqa: E402

TOPIC_PARTITIONS = 1000
RECORDS = 10


def resident_bytes(broker):
    status = pathlib.Path(f"/proc/{broker.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) * 1024


def started(what, program, directory, *more):
    start = time.monotonic()
    broker = Broker(program, directory, *more)
    took = time.monotonic() - start
    fields = pathlib.Path(f"/proc/{broker.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    user, system = (int(fields[i]) / os.sysconf("SC_CLK_TCK") for i in (11, 12))
    print(f"{what:28} {took:6.2f} s, processor {user:.2f} s and the system's {system:.2f} s, "
          f"{resident_bytes(broker) / 1e6:.1f} MB; load {os.getloadavg()[0]:.1f}", flush=True)
    return broker


def stopped(broker, signal_number=signal.SIGTERM):
    start = time.monotonic()
    broker.process.send_signal(signal_number)
    broker.process.wait(120)
    if signal_number == signal.SIGTERM:
        print(f"clean stop                   {time.monotonic() - start:6.2f} s", flush=True)


def topics(partitions):
    for first in range(0, partitions, TOPIC_PARTITIONS):
        yield f"many-{first}", min(TOPIC_PARTITIONS, partitions - first)


def produce_everywhere(broker, partitions):
    batch = produce_batch(b"x" * 100, count=RECORDS)
    with socket.create_connection(("127.0.0.1", broker.port), timeout=60) as s:
        for name, count in topics(partitions):
            body = struct.pack(">hhiih", -1, -1, 30000, 1, len(name)) + name.encode()
            body += struct.pack(">i", count)
            body += b"".join(struct.pack(">ii", i, len(batch)) + batch for i in range(count))
            s.sendall(frame(0, 7, body))
            assert receive(s)


def metadata(broker):
    times = []
    for _ in range(9):
        start = time.monotonic()
        answer = request(broker.port, frame(3, 1, struct.pack(">i", -1)), timeout=60)
        times.append((time.monotonic() - start) * 1000)
    times.sort()
    print(f"Metadata of all, {len(answer)} bytes: {times[4]:.1f} ms "
          f"({times[0]:.1f} to {times[-1]:.1f})", flush=True)


def many_partitions(program, directory, partitions):
    broker = started("fresh directory", program, directory)
    empty = resident_bytes(broker)
    for name, count in topics(partitions):
        create_topic(broker, name, {}, partitions=count)
    print(f"{(resident_bytes(broker) - empty) / partitions:.0f} bytes a partition", flush=True)
    metadata(broker)
    produce_everywhere(broker, partitions)
    stopped(broker)
    for _ in range(2):
        broker = started("after a clean stop", program, directory)
        print(f"{(resident_bytes(broker) - empty) / partitions:.0f} bytes a partition", flush=True)
        stopped(broker)
    broker = Broker(program, directory)
    produce_everywhere(broker, partitions)
    stopped(broker, signal.SIGKILL)
    for _ in range(2):
        broker = started("after a kill", program, directory)
        stopped(broker, signal.SIGKILL)


def idle_connections(program, directory, count):
    broker = Broker(program, directory, "--set", f"odradek.connections.max={count + 100}")
    before = resident_bytes(broker)
    clients = [socket.create_connection(("127.0.0.1", broker.port)) for _ in range(count)]
    time.sleep(1)
    idle = resident_bytes(broker)
    for client in clients:
        client.sendall(frame(18, 0))
    for client in clients:
        assert receive(client)
    buffers = (resident_bytes(broker) - idle) / 1e6
    print(f"{count} idle connections: {(idle - before) / count:.0f} bytes each; when each has")
    print(f"asked once the core's buffers are in use, too: {buffers:.1f} MB")
    broker.process.kill()
    broker.process.wait()


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "release" / "bin" / "odradek"
    partitions = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
    connections = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
    below = sys.argv[4] if len(sys.argv) > 4 else None
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for work, size in ((many_partitions, partitions), (idle_connections, connections)):
        with tempfile.TemporaryDirectory(prefix="odradek-many-", dir=below) as directory:
            work(program, directory, size)


if __name__ == "__main__":
    main()
