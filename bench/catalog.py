#!/usr/bin/env python3
"""How long 1,000 topics take that 100 connections create, and what producing beside them costs.

    catalog.py [ODRADEK]

Starts a broker of its own (build/release/bin/odradek unless one is named) in a new directory. One
process produces small batches with acks=all, one after the other, for a second by itself and then
while the topics are created. The count of the catalog's writes is a test, not a measurement:
tests/sim/catalog_batch_test.c.
"""
import multiprocessing
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from wire import (api_versions, create_topic, frame, produce_batch,  # noqa: E402
                  produce_body, receive, text)

CLIENTS = 100
TOPICS_EACH = 10


class Broker:
    def __init__(self, program, directory, *more):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.process = subprocess.Popen(
            [program, "--data", f"{directory}/data", "--listen", f"127.0.0.1:{self.port}", *more],
            stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                api_versions(self.port)
                return
            except OSError:
                time.sleep(0.005)
        raise SystemExit("the broker does not answer")


def keep_producing(port, stop, latencies):
    payload = frame(0, 7, produce_body("beside", produce_batch(b"v")))
    taken = []
    with socket.create_connection(("127.0.0.1", port), timeout=30) as s:
        while not stop.is_set():
            start = time.perf_counter()
            s.sendall(payload)
            receive(s)
            taken.append(time.perf_counter() - start)
    latencies.put(taken)


def beside(port, work):
    """The p99 of producing while `work` runs, in ms, and how long that took, in seconds."""
    stop, latencies = multiprocessing.Event(), multiprocessing.Queue()
    process = multiprocessing.Process(target=keep_producing, args=(port, stop, latencies))
    process.start()
    time.sleep(0.2)
    start = time.perf_counter()
    work()
    took = time.perf_counter() - start
    stop.set()
    taken = sorted(latencies.get())
    process.join()
    return taken[len(taken) * 99 // 100] * 1000, took


def creation(name):
    body = struct.pack(">i", 1) + text(name) + struct.pack(">ihii", 1, 1, 0, 0)
    return frame(19, 2, body + struct.pack(">i?", 60000, False))


def create_all(port):
    clients = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(CLIENTS)]
    for i, client in enumerate(clients):
        client.sendall(b"".join(creation(f"made-{i}-{turn}") for turn in range(TOPICS_EACH)))
    for i, client in enumerate(clients):
        for turn in range(TOPICS_EACH):
            answer = receive(client)
            at = 14 + len(f"made-{i}-{turn}")
            assert answer[at:at + 2] == b"\0\0", answer
        client.close()


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "release" / "bin" / "odradek"
    with tempfile.TemporaryDirectory(prefix="odradek-catalog-") as directory:
        broker = Broker(program, directory)
        try:
            create_topic(broker, "beside", {})
            alone, _ = beside(broker.port, lambda: time.sleep(1))
            with_topics, took = beside(broker.port, lambda: create_all(broker.port))
        finally:
            broker.process.terminate()
            broker.process.wait(30)
    print(f"{CLIENTS * TOPICS_EACH} topics by {CLIENTS} connections: {took:.2f} s")
    print(f"p99 of producing: {alone:.2f} ms by itself, {with_topics:.2f} ms beside them "
          f"({with_topics / alone:.2f} times)")


if __name__ == "__main__":
    main()
