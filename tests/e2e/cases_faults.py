"""Faults that only a real process meets: signals, limits of memory, many partitions, odd times.

The table of all faults, and which test meets which, is docs/faults.md.
"""
import os
import pathlib
import signal
import socket
import threading
import time

from batches import batch
from harness import LONG, Skip
from messages import (API_VERSIONS, CREATE_TOPICS, FETCH, LIST_OFFSETS, METADATA, PRODUCE,
                      create_topic)
from wire import fetch_batches, frame, receive

# Nothing else may run beside what takes the memory of the machine, or is measured.
ALONE = {"test_a_limit_of_memory_is_kept_by_backpressure", "test_many_partitions_are_bounded"}
ONCE = {"test_many_partitions_are_bounded"}
RELEASE_ONLY = {"test_a_limit_of_memory_is_kept_by_backpressure",
                "test_many_partitions_are_bounded"}
INVALID_TIMESTAMP = 32
YEAR_9999_MS = 253402300799000


def restart(broker, *settings):
    broker.stop()
    broker.settings = list(settings)
    return broker.start()


def connect(broker, timeout=30):
    return socket.create_connection(("127.0.0.1", broker.port), timeout=timeout)


def produce_error(broker, topic, records):
    answer = PRODUCE.ask(broker, 9, topics=[
        {"name": topic, "partitions": [{"index": 0, "records": records}]}])
    return answer["topics"][0]["partitions"][0]["error"]


# Fault 20: the process stands still for longer than every deadline.

def test_a_process_that_was_stopped_goes_on_and_closes_only_who_was_silent(broker):
    stopped = 30 if LONG else 5
    restart(broker, "connections.max.idle.ms=4000", "odradek.frame.timeout.ms=3000")
    create_topic(broker, "t")
    assert produce_error(broker, "t", batch()) == 0
    idle, half, asking, polling = (connect(broker) for _ in range(4))
    for s in (idle, half, asking, polling):
        assert API_VERSIONS.ask(s, 0)["error"] == 0
    whole = frame(18, 0)
    half.sendall(whole[:7])
    polling.sendall(FETCH.frame(11, {"max_wait_ms": 1000, "min_bytes": 1, "topics": [
        {"name": "t", "partitions": [{"index": 0, "offset": 1, "max_bytes": 1000}]}]}))
    time.sleep(0.2)
    os.kill(broker.process.pid, signal.SIGSTOP)
    time.sleep(stopped / 2)
    half.sendall(whole[7:])
    asking.sendall(whole)
    time.sleep(stopped / 2)
    os.kill(broker.process.pid, signal.SIGCONT)
    # Their bytes came while the broker stood still: it was not they who were slow.
    assert receive(asking), "a request that lay there was not answered"
    assert receive(half), "a frame that had become whole was not answered"
    assert receive(polling), "the long poll was not ended"
    assert receive(idle) == b"", "who said nothing is closed"
    assert produce_error(broker, "t", batch()) == 0
    assert len(fetch_batches(broker, "t")) == 2


# Fault 22: timestamps that no clock ever told.

def segments(broker, topic):
    return sorted(path.name for path in (broker.data / f"{topic}-0").glob("*.log"))


def test_timestamps_of_any_age_are_bounded_and_harm_nothing(broker):
    create_topic(broker, "judged")
    assert produce_error(broker, "judged", batch(base_time=YEAR_9999_MS)) == INVALID_TIMESTAMP
    assert produce_error(broker, "judged", batch(base_time=2**63 - 1)) == INVALID_TIMESTAMP
    assert produce_error(broker, "judged", batch(base_time=0)) == 0
    create_topic(broker, "free", message_timestamp_after_max_ms=2**63 - 1)
    times = [YEAR_9999_MS, 1, int(time.time() * 1000), 2**62, 0]
    for number in range(60):
        value = f"{number}".encode()
        assert produce_error(broker, "free", batch([value], base_time=times[number % 5])) == 0
    broker.kill()
    broker.start()
    restart(broker)
    assert len(segments(broker, "free")) <= 5, segments(broker, "free")
    stored = fetch_batches(broker, "free")
    assert len(stored) == 60, len(stored)
    answer = LIST_OFFSETS.ask(broker, 5, topics=[
        {"name": "free", "partitions": [{"index": 0, "timestamp": 2**62}]}])
    assert answer["topics"][0]["partitions"][0]["offset"] == 3, answer


# Fault 24: a limit of memory that the kernel keeps by killing.

class Group:
    """A control group for one process, of whichever version there is."""

    def __init__(self, limit):
        v2 = pathlib.Path("/sys/fs/cgroup/cgroup.controllers")
        new = v2.exists() and "memory" in v2.read_text().split()
        root = pathlib.Path("/sys/fs/cgroup") if new else pathlib.Path("/sys/fs/cgroup/memory")
        self.path = root / f"odradek-e2e-{os.getpid()}"
        try:
            self.path.mkdir()
            (self.path / ("memory.max" if new else "memory.limit_in_bytes")).write_text(str(limit))
        except OSError as error:
            self.close()
            raise Skip(f"no control group of memory: {error}") from error

    def add(self, pid):
        (self.path / "cgroup.procs").write_text(str(pid))

    def kills(self):
        for name in ("memory.events", "memory.oom_control"):
            if (self.path / name).exists():
                lines = dict(line.split() for line in (self.path / name).read_text().splitlines())
                return int(lines["oom_kill"])
        raise Skip("the control group does not count kills")

    def close(self):
        if self.path.exists():
            self.path.rmdir()


def flood(broker, topic, seconds, taken):
    """Large batches, one after the other, on a connection of its own; all must be taken."""
    end = time.monotonic() + seconds
    records = batch([b"x" * 900000])
    with connect(broker, 60) as s:
        while time.monotonic() < end:
            answer = PRODUCE.ask(s, 9, topics=[
                {"name": topic, "partitions": [{"index": 0, "records": records}]}])
            taken.append(answer["topics"][0]["partitions"][0]["error"])


def test_a_limit_of_memory_is_kept_by_backpressure(broker):
    group = Group(400 << 20)
    try:
        restart(broker, "odradek.memory.bytes=67108864", "odradek.cores=2",
                "odradek.wal.file.bytes=8388608", "odradek.wal.max.bytes=67108864")
        group.add(broker.process.pid)
        create_topic(broker, "t")
        taken = []
        threads = [threading.Thread(target=flood, args=(broker, "t", 20 if LONG else 5, taken))
                   for _ in range(24)]
        # Beside them, peers that ask for much and read nothing.
        deaf = [connect(broker) for _ in range(24)]
        for thread in threads:
            thread.start()
        for s in deaf:
            s.sendall(FETCH.frame(11, {"max_wait_ms": 0, "min_bytes": 1, "topics": [
                {"name": "t", "partitions": [{"index": 0, "offset": 0,
                                              "max_bytes": 1 << 25}]}]}) * 20)
        for thread in threads:
            thread.join()
        assert taken and set(taken) == {0}, (len(taken), set(taken))
        assert broker.process.poll() is None and group.kills() == 0
        for s in deaf:
            s.close()
        broker.stop()
    finally:
        broker.kill()
        group.close()
    broker.start()


# Fault 28: very many partitions.

def status(broker, name):
    for line in open(f"/proc/{broker.process.pid}/status"):
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise AssertionError(name)


def descriptors(broker):
    return len(os.listdir(f"/proc/{broker.process.pid}/fd"))


def test_many_partitions_are_bounded(broker):
    """Memory and descriptors, empty and behind a start from a kill with something in some. That
    start and the stop sync two small files of each partition that got its first records: their
    time grows with these alone."""
    written = 100
    each = 5000 if LONG else 2000
    topics = [f"many-{i}" for i in range(20 if LONG else 2)]
    partitions = each * len(topics)
    before = status(broker, "VmRSS")
    files = descriptors(broker)
    began = time.monotonic()
    for name in topics:
        with connect(broker, 120) as s:
            answer = CREATE_TOPICS.ask(s, 5, topics=[{"name": name, "partitions": each,
                                                      "replication_factor": 1}])
            assert answer["topics"][0]["error"] == 0, answer
    created = time.monotonic() - began
    assert descriptors(broker) <= files + 20, "an idle partition holds no descriptor"
    kibibytes = (status(broker, "VmRSS") - before) / partitions
    records = batch([b"v"])
    with connect(broker, 120) as s:
        for name in topics:
            answer = PRODUCE.ask(s, 9, topics=[{"name": name, "partitions": [
                {"index": i, "records": records} for i in range(written // len(topics))]}])
            errors = {part["error"] for part in answer["topics"][0]["partitions"]}
            assert errors == {0}, errors
    broker.kill()
    began = time.monotonic()
    broker.start(patience=120)
    started = time.monotonic() - began
    answer = METADATA.ask(broker, 9, topics=[{"name": topics[-1]}])
    assert len(answer["topics"][0]["partitions"]) == each
    used = descriptors(broker)
    took = broker.stop()
    print(f"{partitions} partitions: created in {created:.1f} s, {kibibytes:.1f} KiB each, started "
          f"in {started:.1f} s with {used} descriptors, stopped in {took:.1f} s")
    assert used <= files + 50, used
    assert kibibytes < 16, kibibytes
    broker.start(patience=120)
