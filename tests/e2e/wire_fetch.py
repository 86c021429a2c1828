"""Fetch by hand, versions 4 to 18, and what a test of it needs of the topic requests."""
import socket
import struct

from wire import frame, receive

FLEXIBLE = 12
BY_ID = 13


def uvarint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


class Reader:
    def __init__(self, data, flexible):
        self.data = data
        self.at = 0
        self.flexible = flexible

    def take(self, size):
        assert self.at + size <= len(self.data), "the answer is too short"
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, form):
        return struct.unpack(">" + form, self.take(struct.calcsize(form)))[0]

    def uvarint(self):
        value = shift = 0
        while True:
            byte = self.number("B")
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def length(self, form="i"):
        """Of an array, a string or bytes; None: null."""
        size = self.uvarint() - 1 if self.flexible else self.number(form)
        return None if size < 0 else size

    def text(self):
        size = self.length("h")
        return None if size is None else self.take(size).decode()

    def many(self, one):
        count = self.length()
        return None if count is None else [one() for _ in range(count)]

    def tags(self):
        if not self.flexible:
            return {}
        found = {}
        for _ in range(self.uvarint()):
            tag = self.uvarint()
            found[tag] = self.take(self.uvarint())
        return found


class Writer:
    def __init__(self, flexible):
        self.flexible = flexible
        self.data = b""

    def put(self, form, *values):
        self.data += struct.pack(">" + form, *values)

    def length(self, size, form="i"):
        self.data += uvarint(size + 1) if self.flexible else struct.pack(">" + form, size)

    def text(self, text):
        self.length(len(text.encode()), "h")
        self.data += text.encode()

    def tags(self, tags=()):
        if not self.flexible:
            return
        self.data += uvarint(len(tags))
        for tag, value in tags:
            self.data += uvarint(tag) + uvarint(len(value)) + value


class Want:
    """One partition of a request."""

    def __init__(self, topic, partition=0, offset=0, epoch=-1, last_epoch=-1, max_bytes=1 << 20):
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.epoch = epoch
        self.last_epoch = last_epoch
        self.max_bytes = max_bytes

    def write(self, w, version):
        w.put("i", self.partition)
        if version >= 9:
            w.put("i", self.epoch)
        w.put("q", self.offset)
        if version >= 12:
            w.put("i", self.last_epoch)
        if version >= 5:
            w.put("q", -1)
        w.put("i", self.max_bytes)
        w.tags()


def by_topic(items):
    """Neighbours of the same topic together, as clients send them."""
    groups = []
    for item in items:
        if not groups or groups[-1][0].topic != item.topic:
            groups.append([])
        groups[-1].append(item)
    return groups


def write_topic(w, topic, version):
    if version >= BY_ID:
        w.data += topic
    else:
        w.text(topic)


def fetch_body(version, wants, session=(0, -1), forget=(), wait=0, min_bytes=1,
               max_bytes=1 << 30, isolation=0, replica=-1, rack=""):
    w = Writer(version >= FLEXIBLE)
    if version <= 14:
        w.put("i", replica)
    w.put("iiib", wait, min_bytes, max_bytes, isolation)
    if version >= 7:
        w.put("ii", *session)
    w.length(len(by_topic(wants)))
    for group in by_topic(wants):
        write_topic(w, group[0].topic, version)
        w.length(len(group))
        for want in group:
            want.write(w, version)
        w.tags()
    if version >= 7:
        w.length(len(by_topic(forget)))
        for group in by_topic(forget):
            write_topic(w, group[0].topic, version)
            w.length(len(group))
            for want in group:
                w.put("i", want.partition)
            w.tags()
    if version >= 11:
        w.text(rack)
    state = struct.pack(">iq", replica, -1) + b"\0"
    w.tags([(1, state)] if version >= 15 and replica != -1 else ())
    return w.data


class Part:
    """One partition of an answer."""

    def __init__(self, topic, r, version):
        self.topic = topic
        self.partition = r.number("i")
        self.error = r.number("h")
        self.high_watermark = r.number("q")
        self.last_stable = r.number("q")
        self.log_start = r.number("q") if version >= 5 else None
        self.aborted = r.many(lambda: (r.number("q"), r.number("q"), r.tags()))
        self.preferred = r.number("i") if version >= 11 else None
        size = r.length()
        self.records = None if size is None else r.take(size)
        tags = r.tags()
        self.diverging = struct.unpack(">iq", tags[0][:12]) if 0 in tags else None
        self.leader = struct.unpack(">ii", tags[1][:8]) if 1 in tags else None

    @property
    def key(self):
        return self.topic, self.partition

    def __repr__(self):
        return (f"{self.topic}-{self.partition}: error {self.error}, high watermark "
                f"{self.high_watermark}, last stable {self.last_stable}, log start "
                f"{self.log_start}, aborted {self.aborted}, preferred {self.preferred}, records "
                f"{None if self.records is None else len(self.records)}, diverging "
                f"{self.diverging}, leader {self.leader}")


class Answer:
    def __init__(self, data, version):
        r = Reader(data, version >= FLEXIBLE)
        self.correlation = r.number("i")
        r.tags()
        self.throttle = r.number("i")
        self.error, self.session = (r.number("h"), r.number("i")) if version >= 7 else (0, 0)
        self.topics = []
        self.parts = []
        for _ in range(r.length()):
            topic = r.take(16) if version >= BY_ID else r.text()
            self.topics.append(topic)
            self.parts += r.many(lambda: Part(topic, r, version))
            r.tags()
        r.tags()
        assert r.at == len(data), "stray bytes behind the answer"

    def keys(self):
        return [part.key for part in self.parts]

    def __repr__(self):
        return f"error {self.error}, session {self.session}, {self.parts}"


class Client:
    """One connection that fetches."""

    def __init__(self, broker, timeout=10):
        self.socket = socket.create_connection(("127.0.0.1", broker.port), timeout=timeout)

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.socket.close()

    def send(self, version, wants, **options):
        body = fetch_body(version, wants, **options)
        self.socket.sendall(frame(1, version, body, flexible=version >= FLEXIBLE))

    def receive(self, version):
        data = receive(self.socket)
        assert data, "the connection was closed"
        return Answer(data, version)

    def fetch(self, version, wants, **options):
        self.send(version, wants, **options)
        return self.receive(version)

    def ask(self, key, version, body, flexible=False):
        self.socket.sendall(frame(key, version, body, flexible=flexible))
        return receive(self.socket)

    def create(self, topic, partitions=1, configs=()):
        """Creates a topic and returns its id."""
        w = Writer(False)
        w.put("i", 1)
        w.text(topic)
        w.put("ihi", partitions, 1, 0)
        w.put("i", len(configs))
        for name, value in configs:
            w.text(name)
            w.text(value)
        w.put("ib", 10000, 0)
        r = Reader(self.ask(19, 4, w.data), False)
        r.take(8)
        made = r.many(lambda: (r.text(), r.number("h"), r.text()))
        assert made == [(topic, 0, made[0][2])], made
        return self.topic_id(topic)

    def topic_id(self, topic):
        w = Writer(True)
        w.length(1)
        w.data += bytes(16)
        w.text(topic)
        w.tags()
        w.put("bb", 0, 0)
        w.tags()
        data = self.ask(3, 12, w.data, flexible=True)
        at = data.rindex(topic.encode()) + len(topic)
        return data[at:at + 16]

    def delete(self, topic):
        w = Writer(False)
        w.put("i", 1)
        w.text(topic)
        w.put("i", 10000)
        r = Reader(self.ask(20, 3, w.data), False)
        r.take(8)
        assert r.many(lambda: (r.text(), r.number("h"))) == [(topic, 0)]


def offsets(records):
    """Base offsets of the batches in an answer."""
    found = []
    at = 0
    while at + 61 <= len(records):
        base, size = struct.unpack(">qi", records[at:at + 12])
        if at + 12 + size > len(records):
            break
        found.append(base)
        at += 12 + size
    return found
