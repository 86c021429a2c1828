#!/usr/bin/env python3
"""How long large consumer groups and many of them take to settle, and what that costs the broker.

    groups.py [ODRADEK [MEMBERS...]]

Starts a broker of its own (build/release/bin/odradek unless one is named) in a new directory. For
each number of members (500 and 1000 by default) clients that speak the protocol by hand

- form a classic group: from the first JoinGroup until the last one has its assignment,
- take in one member more: from its JoinGroup until everybody has joined again and is assigned.

As many as the first number form a group of KIP-848: until a round of heartbeats leaves everybody
with its partitions. Then 10,000 groups of one member each are formed by 2,000 connections. The
protocol's own delays are told apart: the initial delay is 500 ms here, and is waited for twice,
because members come during the first. Processor time of the broker stands beside; the clients need
more than it.
"""
import os
import pathlib
import resource
import socket
import struct
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
sys.path.insert(0, str(ROOT / "bench"))

from catalog import Broker  # noqa: E402
from group_messages import CONSUMER_HEARTBEAT  # noqa: E402
from wire import create_topic, frame, receive, text  # noqa: E402

DELAY_MS = 500
GROUPS = 10000
GROUP_CONNECTIONS = 2000
REBALANCE_IN_PROGRESS = 27
SUBSCRIPTION = struct.pack(">hi", 0, 1) + text("wide") + struct.pack(">i", -1)


def blob(data):
    return struct.pack(">i", len(data)) + data


def short_text(data, at):
    size, = struct.unpack_from(">h", data, at)
    return data[at + 2:at + 2 + size].decode(), at + 2 + size


def processor_seconds(broker):
    fields = pathlib.Path(f"/proc/{broker.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Member:
    """One connection; what is sent now is answered later, so that many wait at once."""

    def __init__(self, port, group):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.group, self.id, self.generation, self.members = group, "", -1, []

    def join(self):
        body = text(self.group) + struct.pack(">ii", 60000, 60000) + text(self.id)
        body += text("consumer") + struct.pack(">i", 1) + text("range") + blob(SUBSCRIPTION)
        self.socket.sendall(frame(11, 2, body))

    def joined(self):
        answer = receive(self.socket)
        error, self.generation = struct.unpack_from(">hi", answer, 8)
        assert error == 0, error
        _, at = short_text(answer, 14)
        _, at = short_text(answer, at)
        self.id, at = short_text(answer, at)
        count, = struct.unpack_from(">i", answer, at)
        at += 4
        self.members = []
        for _ in range(count):
            member, at = short_text(answer, at)
            at += 4 + struct.unpack_from(">i", answer, at)[0]
            self.members.append(member)

    def sync(self):
        body = text(self.group) + struct.pack(">i", self.generation) + text(self.id)
        body += struct.pack(">i", len(self.members))
        body += b"".join(text(member) + blob(b"assigned") for member in self.members)
        self.socket.sendall(frame(14, 1, body))

    def synced(self):
        answer = receive(self.socket)
        assert answer[8:10] == b"\0\0", answer
        assert answer[10:] == blob(b"assigned"), answer

    def beat(self):
        body = text(self.group) + struct.pack(">i", self.generation) + text(self.id)
        self.socket.sendall(frame(12, 1, body))

    def beaten(self):
        return struct.unpack_from(">h", receive(self.socket), 8)[0]


def each(members, *steps):
    """All of them take a step before the next begins."""
    for step in steps:
        for member in members:
            step(member)


def measured(broker, what, own_delays_s, work):
    spent, start = processor_seconds(broker), time.monotonic()
    work()
    took, spent = time.monotonic() - start, processor_seconds(broker) - spent
    load = os.getloadavg()[0]
    print(f"{what:32} {took:6.2f} s, {took - own_delays_s:6.2f} beyond the protocol's delays; "
          f"processor {spent:5.2f} s; load {load:.1f}", flush=True)


def classic(broker, count):
    members = [Member(broker.port, f"classic-{count}") for _ in range(count)]

    def settle():
        each(members, Member.join, Member.joined, Member.sync, Member.synced)
        assert len({member.generation for member in members}) == 1
        assert sum(bool(member.members) for member in members) == 1

    def grow():
        members.append(Member(broker.port, members[0].group))
        members[-1].join()
        unaware = members[:-1]
        while unaware:
            each(unaware, Member.beat)
            unaware = [member for member in unaware if member.beaten() != REBALANCE_IN_PROGRESS]
        each(members[:-1], Member.join)
        each(members, Member.joined, Member.sync, Member.synced)

    measured(broker, f"classic, {count} members", 2 * DELAY_MS / 1000, settle)
    measured(broker, f"classic, one more than {count}", 0, grow)
    for member in members:
        member.socket.close()


class ModernMember:
    def __init__(self, port, group, number):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.group, self.id, self.epoch = group, f"member-{number}", 0
        self.owned, self.told = [], None

    def beat(self):
        first = self.epoch == 0
        self.socket.sendall(CONSUMER_HEARTBEAT.frame(1, {
            "group": self.group, "member": self.id, "epoch": self.epoch,
            "rebalance_ms": 60000 if first else -1, "topics": ["wide"] if first else None,
            "owned": self.owned}))

    def beaten(self):
        answer = CONSUMER_HEARTBEAT.parse(1, receive(self.socket))
        assert answer["error"] == 0, answer
        self.epoch = answer["epoch"]
        if answer["assignment"] is not None:
            self.owned = answer["assignment"]["topics"]


def modern(broker, count):
    members = [ModernMember(broker.port, f"modern-{count}", i) for i in range(count)]

    def settle():
        rounds = 0
        while True:
            each(members, ModernMember.beat, ModernMember.beaten)
            rounds += 1
            held = sorted(index for member in members for topic in member.owned
                          for index in topic["partitions"])
            if held == list(range(1000)) and len({member.epoch for member in members}) == 1:
                break
            assert rounds < 50, (rounds, len(held))
        print(f"{rounds} rounds of heartbeats", flush=True)

    measured(broker, f"KIP-848, {count} members", 0, settle)
    for member in members:
        member.socket.close()


def many_groups(broker):
    def settle():
        for turn in range(0, GROUPS, GROUP_CONNECTIONS):
            members = [Member(broker.port, f"single-{turn + i}") for i in range(GROUP_CONNECTIONS)]
            each(members, Member.join, Member.joined, Member.sync, Member.synced)
            for member in members:
                member.socket.close()

    measured(broker, f"{GROUPS} groups of one member", 5 * DELAY_MS / 1000, settle)


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "release" / "bin" / "odradek"
    sizes = [int(size) for size in sys.argv[2:]] or [500, 1000]
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory(prefix="odradek-groups-") as directory:
        broker = Broker(program, directory,
                        "--set", f"group.initial.rebalance.delay.ms={DELAY_MS}",
                        "--set", "group.max.size=5000", "--set", "group.consumer.max.size=5000",
                        "--set", "group.max.session.timeout.ms=120000")
        try:
            create_topic(broker, "wide", {}, partitions=1000)
            receive_coordinator(broker)
            for size in sizes:
                classic(broker, size)
            modern(broker, sizes[0])
            many_groups(broker)
        finally:
            broker.process.terminate()
            broker.process.wait(60)


def receive_coordinator(broker):
    """Makes the topic of the groups."""
    with socket.create_connection(("127.0.0.1", broker.port), timeout=60) as s:
        s.sendall(frame(10, 1, text("any") + b"\0"))
        answer = receive(s)
        assert answer[8:10] == b"\0\0", answer


if __name__ == "__main__":
    main()
