"""A part of the system is gone and nobody says so: a core's thread that gets no processor, a peer
that vanished. Both take a kernel's help that containers may refuse; then they are skipped.

The table of all faults, and which test meets which, is docs/faults.md.
"""
import contextlib
import ctypes
import os
import pathlib
import select
import socket
import struct
import time

from batches import batch
from harness import Skip
from messages import API_VERSIONS, PRODUCE, create_topic
from wire import frame, receive

PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WALL = 0x40000000
TCP_REPAIR = 19
ESTABLISHED = "01"
PEERS = 12
PARTITIONS = 8


def connect(broker):
    return socket.create_connection(("127.0.0.1", broker.port), timeout=30)


def produce_frame(partition):
    return PRODUCE.frame(9, {"topics": [{"name": "t", "partitions": [
        {"index": partition, "records": batch()}]}]})


# Fault 27: one core stalls, the others serve.

def core_threads(broker):
    """Those that wait in their ring, or in epoll, by age."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        tasks = sorted(pathlib.Path(f"/proc/{broker.process.pid}/task").iterdir(),
                       key=lambda task: int(task.name))
        try:
            waits = {int(task.name): (task / "wchan").read_text() for task in tasks}
        except OSError:
            continue
        found = [tid for tid, where in waits.items() if "cqring" in where or "epoll" in where]
        if len(found) == 3:
            return found
        time.sleep(0.05)
    raise Skip("the kernel does not say where a thread waits")


@contextlib.contextmanager
def stalled(tid):
    """The thread gets no processor; all others of its process run."""
    ptrace = ctypes.CDLL(None, use_errno=True).ptrace
    ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    if ptrace(PTRACE_SEIZE, tid, None, None) != 0:
        raise Skip(f"ptrace is refused: {os.strerror(ctypes.get_errno())}")
    try:
        assert ptrace(PTRACE_INTERRUPT, tid, None, None) == 0
        os.waitpid(tid, WALL)
        yield
    finally:
        ptrace(PTRACE_DETACH, tid, None, None)


def answered_within(peers, quiet):
    """The peers for whom something has come, when for so many seconds nothing more did."""
    waiting = set(peers)
    while True:
        ready = select.select(list(waiting), [], [], quiet)[0]
        if not ready:
            return [peer for peer in peers if peer not in waiting]
        waiting -= set(ready)


def test_a_core_that_gets_no_processor_stops_only_what_needs_it(broker):
    broker.stop()
    broker.settings = ["odradek.cores=3"]
    broker.start()
    create_topic(broker, "t", partitions=PARTITIONS)
    peers = [connect(broker) for _ in range(PEERS)]
    for peer in peers:
        assert API_VERSIONS.ask(peer, 0)["error"] == 0
    with stalled(core_threads(broker)[-1]):
        for i, peer in enumerate(peers):
            peer.sendall(produce_frame(i % PARTITIONS))
        served = answered_within(peers, 2)
        assert 0 < len(served) < PEERS, len(served)
        for peer in served:
            assert receive(peer)
            assert API_VERSIONS.ask(peer, 0)["error"] == 0
    for peer in peers:
        if peer not in served:
            assert receive(peer), "it goes on where it stood"
        assert API_VERSIONS.ask(peer, 0)["error"] == 0
        peer.close()


# Fault 29: a half-open connection.

def vanish(s):
    """The socket is gone, and its peer is told nothing: what a cut cable or a lost machine leaves."""
    try:
        s.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    except PermissionError as error:
        raise Skip(f"a socket cannot vanish here: {error}") from error
    s.close()


def half_open(broker, port):
    """Whether the broker has its end of the connection from that port, and nobody the other."""
    rows = [line.split() for line in open("/proc/net/tcp").read().splitlines()[1:]]
    ends = {(int(row[1].split(":")[1], 16), int(row[2].split(":")[1], 16)): row[3] for row in rows}
    return ends.get((broker.port, port)) == ESTABLISHED and (port, broker.port) not in ends


def test_a_peer_that_vanished_is_reaped(broker):
    broker.stop()
    broker.settings = ["connections.max.idle.ms=3000", "odradek.frame.timeout.ms=2000"]
    broker.start()
    create_topic(broker, "t")
    idle, half, alive = (connect(broker) for _ in range(3))
    for peer in (idle, half, alive):
        assert API_VERSIONS.ask(peer, 0)["error"] == 0
    half.sendall(struct.pack(">i", 1000) + b"\0" * 100)
    ports = [peer.getsockname()[1] for peer in (idle, half)]
    time.sleep(0.1)
    for peer in (idle, half):
        vanish(peer)
    assert all(half_open(broker, port) for port in ports), "they have not vanished"
    deadline = time.monotonic() + 20
    while any(half_open(broker, port) for port in ports):
        assert time.monotonic() < deadline, "the broker keeps them"
        alive.sendall(frame(18, 0))
        assert receive(alive), "who speaks is not closed"
        time.sleep(0.2)
    alive.sendall(produce_frame(0))
    assert receive(alive)
