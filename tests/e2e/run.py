#!/usr/bin/env python3
"""End to end: the release broker, kcat and raw sockets. `run.py [--long]`."""
import os
import pathlib
import random
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
BROKER = ROOT / "build" / "release" / "bin" / "odradek"
LONG = "--long" in sys.argv
BACKENDS = ["ring", "epoll"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Broker:
    """One broker in a directory of its own; started, stopped and killed as a test wants."""

    def __init__(self, backend="ring", settings=()):
        self.home = tempfile.TemporaryDirectory(prefix="odradek-e2e-")
        self.data = pathlib.Path(self.home.name) / "data"
        self.backend = backend
        self.settings = list(settings)
        self.port = free_port()
        self.process = None

    def command(self, port=None, data=None):
        command = [BROKER, "--data", data or self.data, "--listen",
                   f"127.0.0.1:{port or self.port}", "--set", f"odradek.io={self.backend}"]
        for setting in self.settings:
            command += ["--set", setting]
        return [str(part) for part in command]

    def start(self):
        self.log = open(self.home.name + "/log", "a")
        self.process = subprocess.Popen(self.command(), stderr=self.log)
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            try:
                api_versions(self.port)
                return self
            except OSError:
                time.sleep(0.01)
        raise AssertionError("the broker does not answer:\n" + self.text())

    def text(self):
        return open(self.home.name + "/log").read()

    def stop(self):
        start = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0, self.text()
        return time.monotonic() - start

    def kill(self):
        self.process.kill()
        self.process.wait(20)

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(20)
        self.log.close()
        self.home.cleanup()


def kcat(broker, *arguments, data=None):
    return subprocess.run(["kcat", "-b", f"127.0.0.1:{broker.port}", *arguments], input=data,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True,
                          timeout=120).stdout


def request(port, payload, timeout=5):
    """Sends bytes; what comes back until the answer is whole or the connection closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as s:
        s.sendall(payload)
        return receive(s)


def receive(s):
    head = read_exactly(s, 4)
    return read_exactly(s, struct.unpack(">i", head)[0]) if head else b""


def read_exactly(s, count):
    data = b""
    while len(data) < count:
        try:
            more = s.recv(count - len(data))
        except ConnectionResetError:
            more = b""
        if not more:
            assert not data, f"cut short: {data!r}"
            return b""
        data += more
    return data


def frame(key, version, body=b"", correlation=1, client=b"e2e", flexible=False):
    head = struct.pack(">hhih", key, version, correlation, len(client)) + client
    message = head + (b"\0" if flexible else b"") + body
    return struct.pack(">i", len(message)) + message


def api_versions(port):
    answer = request(port, frame(18, 0))
    if not answer:
        raise ConnectionError("closed")
    correlation, error, count = struct.unpack(">ihi", answer[:10])
    assert (correlation, error) == (1, 0)
    keys = {}
    for i in range(count):
        key, low, high = struct.unpack(">hhh", answer[10 + 6 * i:16 + 6 * i])
        keys[key] = (low, high)
    return keys


def words(count, seed):
    rng = random.Random(seed)
    lines = (f"{i} {rng.getrandbits(rng.randint(1, 400)):x}" for i in range(count))
    return ("\n".join(lines) + "\n").encode()


# The tests. Each gets a running broker on each backend, unless it says otherwise.

def test_every_codec_survives_restart_and_kill(broker):
    data = {codec: words(20000, codec) for codec in ("none", "gzip", "snappy", "lz4", "zstd")}
    for codec, text in data.items():
        kcat(broker, "-P", "-t", f"text-{codec}", "-z", codec, data=text)
    for step in ("live", "stop", "kill"):
        if step == "stop":
            assert broker.stop() < 2
            broker.start()
        elif step == "kill":
            broker.kill()
            broker.start()
        for codec, text in data.items():
            got = kcat(broker, "-C", "-t", f"text-{codec}", "-e", "-q")
            assert got == text, f"{codec} after {step}: {len(got)} of {len(text)} bytes"


def test_large_records_come_back_whole(broker):
    rng = random.Random(7)
    for size in (100, 16384, 65536, 500000, 990000):
        path = pathlib.Path(broker.home.name) / "record"
        path.write_bytes(rng.randbytes(size))
        kcat(broker, "-P", "-t", "large", str(path))
        got = kcat(broker, "-C", "-t", "large", "-o", "-1", "-c", "1", "-D", "", "-q")
        assert got == path.read_bytes(), f"{size}: {len(got)}"


def test_idempotent_producer(broker):
    text = words(30000, 3)
    kcat(broker, "-P", "-t", "idem", "-X", "enable.idempotence=true", data=text)
    broker.kill()
    broker.start()
    kcat(broker, "-P", "-t", "idem", "-X", "enable.idempotence=true", data=text)
    assert kcat(broker, "-C", "-t", "idem", "-e", "-q") == text + text


def test_kill_under_load_loses_nothing_acknowledged(broker):
    kcat(broker, "-L", "-t", "load")
    for turn in range(10 if LONG else 3):
        acknowledged = 0
        s = socket.create_connection(("127.0.0.1", broker.port), timeout=10)
        batch = produce_batch(f"turn {turn}".encode())
        deadline = time.monotonic() + 0.5
        base = None
        while time.monotonic() < deadline:
            s.sendall(frame(0, 7, produce_body("load", batch)))
            error, offset = produce_answer(receive(s))
            assert error == 0, error
            base = offset if base is None else base
            acknowledged = offset + 1
        broker.kill()
        s.close()
        broker.start()
        got = kcat(broker, "-C", "-t", "load", "-o", str(base), "-e", "-q").split(b"\n")[:-1]
        assert len(got) >= acknowledged - base, f"{len(got)} of {acknowledged - base}"
        assert set(got) == {f"turn {turn}".encode()}


def test_cores_may_change_between_starts(broker):
    text = words(5000, 11)
    for i in range(6):
        kcat(broker, "-P", "-t", f"moved-{i}", data=text)
    for cores in (1, 3, 2):
        broker.kill()
        broker.settings = [f"odradek.cores={cores}"]
        broker.start()
        for i in range(6):
            assert kcat(broker, "-C", "-t", f"moved-{i}", "-e", "-q") == text


def test_stop_is_quick_under_load(broker):
    kcat(broker, "-L", "-t", "busy")
    producers = [socket.create_connection(("127.0.0.1", broker.port)) for _ in range(8)]
    batch = produce_batch(b"x" * 1000)
    for s in producers:
        for _ in range(50):
            s.sendall(frame(0, 7, produce_body("busy", batch)))
    took = broker.stop()
    assert took < 2, took
    for s in producers:
        s.close()
    names = os.listdir(broker.data)
    assert ".kafka_cleanshutdown" in names
    assert not [name for name in names if name.startswith(".odradek")], names
    broker.start()


def test_second_start_and_taken_port_are_refused(broker):
    again = subprocess.run(broker.command(port=free_port()), stderr=subprocess.PIPE, timeout=10)
    assert again.returncode == 75 and b"in use by another broker" in again.stderr
    other = pathlib.Path(broker.home.name) / "other"
    taken = subprocess.run(broker.command(data=other), stderr=subprocess.PIPE, timeout=10)
    assert taken.returncode == 69 and b"address is in use" in taken.stderr


def test_foreign_directories_are_refused(broker):
    broker.stop()
    meta = broker.data / "meta.properties"
    text = meta.read_text()
    meta.write_text(text.replace("version=1", "version=99"))
    newer = subprocess.run(broker.command(), stderr=subprocess.PIPE, timeout=10)
    assert newer.returncode == 65 and b"newer version" in newer.stderr, newer.stderr
    meta.write_text(text.replace("node.id=1", "node.id=7"))
    foreign = subprocess.run(broker.command(), stderr=subprocess.PIPE, timeout=10)
    assert foreign.returncode == 65 and b"belongs to node 7" in foreign.stderr, foreign.stderr
    meta.write_text(text)
    broker.start()


def test_server_properties_verdicts(broker):
    path = pathlib.Path(broker.home.name) / "server.properties"
    path.write_text("process.roles=broker,controller\nnode.id=1\nlog.retnetion.hours=3\n"
                    f"log.dirs={broker.home.name}/checked\nlisteners=PLAINTEXT://127.0.0.1:0\n")
    check = subprocess.run([str(BROKER), str(path), "--check-config"], stderr=subprocess.PIPE,
                           timeout=10)
    assert b"server.properties:3" in check.stderr, check.stderr
    assert b"log.retention.hours" in check.stderr, check.stderr


def test_advertises_what_it_serves(broker):
    keys = api_versions(broker.port)
    assert keys[0] == (0, 13) and keys[1] == (4, 18) and keys[3] == (0, 13)
    assert 8 not in keys and 11 not in keys
    for key in keys:
        assert key in (0, 1, 2, 3, 10, 18, 19, 20, 22, 23, 32, 37, 60, 75), key


def test_unsupported_api_versions_is_answered_in_version_0(broker):
    answer = request(broker.port, frame(18, 99, flexible=True))
    assert answer == struct.pack(">ihihhh", 1, 35, 1, 18, 0, 4), answer


def test_bad_sizes_and_unknown_keys_close_the_connection(broker):
    for payload in (struct.pack(">i", 0), struct.pack(">i", -1), struct.pack(">i", 0x7FFFFFFF),
                    struct.pack(">i", 104857601), frame(999, 0), frame(-1, 0), frame(4, 0),
                    frame(0, 2), frame(0, 14), frame(1, 3), b"GET / HTTP/1.1\r\n\r\n",
                    frame(3, 1, b"\x7f\xff\xff\xff")):
        assert request(broker.port, payload) == b"", payload
    api_versions(broker.port)


def test_answers_keep_the_order_of_requests(broker):
    with socket.create_connection(("127.0.0.1", broker.port), timeout=30) as s:
        count = 2000
        s.sendall(b"".join(frame(18, 0, correlation=i) for i in range(count)))
        for i in range(count):
            assert struct.unpack(">i", receive(s)[:4])[0] == i


def test_many_clients_ask_for_the_same_missing_topic(broker):
    name = b"wanted"
    ask = frame(3, 1, struct.pack(">ih", 1, len(name)) + name)
    clients = [socket.create_connection(("127.0.0.1", broker.port), timeout=10)
               for _ in range(300)]
    for s in clients:
        s.sendall(ask)
    for s in clients:
        assert struct.pack(">hh", 0, len(name)) + name in receive(s)
        s.close()


def test_one_byte_at_a_time(broker):
    with socket.create_connection(("127.0.0.1", broker.port), timeout=10) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in frame(18, 0) + frame(18, 0, correlation=2):
            s.sendall(bytes([byte]))
        assert receive(s)[:4] == b"\0\0\0\1" and receive(s)[:4] == b"\0\0\0\2"


def test_bad_topic_names(broker):
    for name in (b"../x", b".", b"..", b"", b"a b", b"x" * 250):
        body = struct.pack(">ih", 1, len(name)) + name
        answer = request(broker.port, frame(3, 1, body))
        assert struct.pack(">hh", 17, len(name)) in answer, (name, answer)


CRC_TABLE = []
for i in range(256):
    for _ in range(8):
        i = (i >> 1) ^ (0x82F63B78 if i & 1 else 0)
    CRC_TABLE.append(i)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 255] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def varint(value):
    value = (value << 1) ^ (value >> 63)
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def produce_batch(value, count=1, base_offset=0, attributes=0, last_delta=None, crc=None,
                  producer=(-1, -1, -1), header_count=None):
    records = b""
    for i in range(count):
        record = b"\0" + varint(0) + varint(i) + varint(-1) + varint(len(value)) + value + b"\0"
        records += varint(len(record)) + record
    now = int(time.time() * 1000)
    tail = struct.pack(">hiqqqhii", attributes, count - 1 if last_delta is None else last_delta,
                       now, now, *producer, count if header_count is None else header_count)
    tail += records
    head = struct.pack(">ibI", -1, 2, crc32c(tail) if crc is None else crc)
    return struct.pack(">qi", base_offset, len(head) + len(tail)) + head + tail


def produce_body(topic, records, acks=-1, partition=0):
    name = topic.encode()
    return (struct.pack(">hhii", -1, acks, 30000, 1) + struct.pack(">h", len(name)) + name +
            struct.pack(">iii", 1, partition, len(records)) + records)


def produce_answer(answer):
    """Error and base offset of the one partition in a version 7 answer."""
    at = 8 + 2 + struct.unpack(">h", answer[8:10])[0] + 4 + 4
    return struct.unpack(">hq", answer[at:at + 10])


def produce(broker, topic, records, **options):
    return produce_answer(request(broker.port, frame(0, 7, produce_body(topic, records,
                                                                        **options))))


def test_odd_batches_get_kafkas_answers(broker):
    kcat(broker, "-L", "-t", "odd")
    good = produce_batch(b"good")
    cases = [
        (good, 0), (produce_batch(b"x", base_offset=5), 87), (produce_batch(b"x", crc=1), 2),
        (good[:16] + b"\x01" + good[17:], 87), (good[:16] + b"\x03" + good[17:], 2),
        (good[:-3], 87), (b"", 87), (good + good, 87), (good + b"12345", 0),
        (produce_batch(b"x", last_delta=3), 87), (produce_batch(b"x", header_count=0), 87),
        (produce_batch(b"x", header_count=2, last_delta=1), 87),
        (produce_batch(b"x", attributes=0x20), 87), (produce_batch(b"x", attributes=0xC0), 0),
        (produce_batch(b"y" * 1100000), 10), (produce_batch(b"x", producer=(1, 0, -1)), 87),
        (produce_batch(b"x", attributes=0x10), 53), (produce_batch(b"x", attributes=5), -1),
    ]
    accepted = 0
    for records, expected in cases:
        error, offset = produce(broker, "odd", records)
        assert error == expected, (records[:70], error, expected)
        assert offset == (accepted if error == 0 else -1)
        accepted += error == 0
    assert produce(broker, "nowhere", good)[0] == 3
    assert produce(broker, "odd", good, partition=7)[0] == 3
    assert produce(broker, "odd", good, acks=2)[0] == 21


def test_sequences_of_idempotent_producers(broker):
    kcat(broker, "-L", "-t", "sequence")

    def send(sequence, epoch=0, count=1):
        return produce(broker, "sequence",
                       produce_batch(b"v", count, producer=(4711, epoch, sequence)))

    assert send(0) == (0, 0) and send(1, count=3) == (0, 1) and send(4) == (0, 4)
    assert send(1, count=3) == (0, 1), "a duplicate answers with its original offset"
    assert send(9)[0] == 45 and send(5, epoch=1)[0] == 45
    assert send(0, epoch=1) == (0, 5) and send(5, epoch=0)[0] == 47
    assert send(1, epoch=1) == (0, 6) and send(2, epoch=1) == (0, 7)
    time.sleep(1.5)  # flushed: from here on only the checkpoint knows
    broker.kill()
    broker.start()
    assert send(0, epoch=1) == (0, 5), "all of the last five, after a crash too"
    assert send(2, epoch=1) == (0, 7) and send(3, epoch=1) == (0, 8)
    broker.stop()
    broker.start()
    assert send(3, epoch=1) == (0, 8), "and after a clean stop"


def test_acks_0_gets_no_answer_and_closes_on_error(broker):
    kcat(broker, "-L", "-t", "quiet")
    with socket.create_connection(("127.0.0.1", broker.port), timeout=5) as s:
        s.sendall(frame(0, 7, produce_body("quiet", produce_batch(b"1"), acks=0)) +
                  frame(18, 0, correlation=9))
        assert receive(s)[:4] == struct.pack(">i", 9)
        s.sendall(frame(0, 7, produce_body("quiet", produce_batch(b"1", crc=3), acks=0)))
        assert read_exactly(s, 1) == b""


def test_idle_costs_nothing(broker):
    time.sleep(2)
    seconds = 10 if LONG else 3
    trace = subprocess.run(["timeout", str(seconds), "strace", "-c", "-f", "-p",
                            str(broker.process.pid)], stderr=subprocess.PIPE)
    calls = [line for line in trace.stderr.decode().splitlines() if line.endswith("total")]
    count = int(calls[0].split()[-2]) if calls else 0
    assert count == 0, trace.stderr.decode()


def run(test, backend):
    broker = Broker(backend).start()
    try:
        test(broker)
        return True
    except Exception:
        traceback.print_exc(file=sys.stdout)
        print(broker.text()[-3000:])
        return False
    finally:
        broker.close()


def main():
    passed = failed = 0
    tests = [value for name, value in globals().items() if name.startswith("test_")]
    for backend in BACKENDS:
        for test in tests:
            start = time.monotonic()
            good = run(test, backend)
            passed += good
            failed += not good
            print(f"{'ok' if good else 'FAILED'} {backend} {test.__name__} "
                  f"({time.monotonic() - start:.1f} s)", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
