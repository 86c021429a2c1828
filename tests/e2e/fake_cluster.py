"""Two brokers that are none, for what a single broker cannot show: a leader that changes.

Both serve old versions of what a load generator asks for, over one log in memory. After a number of
Produce requests every partition moves from the first to the second, and the first either refuses
what it does not lead any more, or is gone.
"""
import socket
import struct
import threading

from wire import receive

NOT_LEADER = 6
SERVED = {0: (3, 3), 1: (4, 4), 2: (1, 1), 3: (1, 1), 18: (0, 0)}


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        values = struct.unpack_from(">" + form, self.data, self.at)
        self.at += struct.calcsize(">" + form)
        return values if len(values) > 1 else values[0]

    def bytes(self, form):
        length = self.take(form)
        self.at += max(0, length)
        return self.data[self.at - max(0, length):self.at]


def text(value):
    return struct.pack(">h", len(value)) + value


class FakeCluster:
    def __init__(self, partitions, move_after, dies):
        self.log = [[] for _ in range(partitions)]  # of batches
        self.ends = [0] * partitions
        self.leader = 1
        self.left = move_after
        self.dies = dies
        self.refused = 0
        self.lock = threading.Lock()
        self.open = {1: set(), 2: set()}
        self.listeners = {node: socket.create_server(("127.0.0.1", 0)) for node in (1, 2)}
        self.ports = {node: s.getsockname()[1] for node, s in self.listeners.items()}
        for node in (1, 2):
            threading.Thread(target=self.accept, args=(node,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for node in (1, 2):
            self.silence(node)

    def silence(self, node):
        """Its connections end, and no other is taken."""
        for s in [self.listeners[node], *self.open[node]]:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.listeners[node].close()

    def accept(self, node):
        while True:
            try:
                s, _ = self.listeners[node].accept()
            except OSError:
                return
            self.open[node].add(s)
            threading.Thread(target=self.serve, args=(node, s), daemon=True).start()

    def serve(self, node, s):
        answers = {0: self.produce, 1: self.fetch, 2: self.offsets, 3: self.metadata,
                   18: self.versions}
        with s:
            try:
                while message := receive(s):
                    reader = Reader(message)
                    key, _, correlation = reader.take("hhi")
                    reader.bytes("h")
                    with self.lock:
                        answer = answers[key](node, reader)
                    if answer is not None:
                        body = struct.pack(">i", correlation) + answer
                        s.sendall(struct.pack(">i", len(body)) + body)
            except (OSError, AssertionError):
                pass

    def versions(self, _node, _reader):
        rows = b"".join(struct.pack(">hhh", key, *versions) for key, versions in SERVED.items())
        return struct.pack(">hi", 0, len(SERVED)) + rows

    def metadata(self, _node, reader):
        names = [reader.bytes("h") for _ in range(max(0, reader.take("i")))]
        brokers = b"".join(struct.pack(">i", node) + text(b"127.0.0.1") +
                           struct.pack(">ih", port, -1) for node, port in self.ports.items())
        rows = b"".join(struct.pack(">hiiiiii", 0, i, self.leader, 1, self.leader, 1, self.leader)
                        for i in range(len(self.log)))
        topics = b"".join(struct.pack(">h", 0) + text(name) +
                          struct.pack(">bi", 0, len(self.log)) + rows for name in names)
        return struct.pack(">i", 2) + brokers + struct.pack(">ii", 1, len(names)) + topics

    def offsets(self, _node, reader):
        reader.take("ii")
        name = reader.bytes("h")
        _, index, timestamp = reader.take("iiq")
        offset = 0 if timestamp == -2 else self.ends[index]
        return struct.pack(">i", 1) + text(name) + struct.pack(">iihqq", 1, index, 0, -1, offset)

    def append(self, index, batch):
        first = self.ends[index]
        self.ends[index] += struct.unpack_from(">i", batch, 23)[0] + 1
        self.log[index].append((first, struct.pack(">q", first) + batch[8:]))
        return first

    def produce(self, node, reader):
        reader.bytes("h")
        reader.take("hii")
        name = reader.bytes("h")
        _, index = reader.take("ii")
        batch = reader.bytes("i")
        self.left -= 1
        if self.left == 0:
            self.leader = 2
            if self.dies:
                # The last one was taken, and nobody is told.
                self.append(index, batch)
                self.silence(1)
                return None
        error, first = NOT_LEADER, -1
        if node == self.leader:
            error, first = 0, self.append(index, batch)
        self.refused += error != 0
        return (struct.pack(">i", 1) + text(name) +
                struct.pack(">iihqqi", 1, index, error, first, -1, 0))

    def fetch(self, node, reader):
        reader.take("iiiib")
        topics = b""
        count = reader.take("i")
        for _ in range(count):
            name = reader.bytes("h")
            parts = reader.take("i")
            rows = b""
            for _ in range(parts):
                index, offset, _ = reader.take("iqi")
                led = node == self.leader
                records = b"".join(batch for first, batch in self.log[index]
                                   if led and first >= offset)[:200000]
                self.refused += not led
                rows += struct.pack(">ihqqii", index, 0 if led else NOT_LEADER, self.ends[index],
                                    self.ends[index], -1, len(records)) + records
            topics += text(name) + struct.pack(">i", parts) + rows
        return struct.pack(">ii", 0, count) + topics
