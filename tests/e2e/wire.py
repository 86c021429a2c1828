"""Kafka's wire format by hand: frames, batches, answers. Standard library only."""
import socket
import struct
import time


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
                  producer=(-1, -1, -1), header_count=None, raw=None):
    """One batch; `raw` stands for its records, as when they are compressed."""
    records = b""
    for i in range(count):
        record = b"\0" + varint(0) + varint(i) + varint(-1) + varint(len(value)) + value + b"\0"
        records += varint(len(record)) + record
    now = int(time.time() * 1000)
    tail = struct.pack(">hiqqqhii", attributes, count - 1 if last_delta is None else last_delta,
                       now, now, *producer, count if header_count is None else header_count)
    tail += records if raw is None else raw
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


def text(value):
    return struct.pack(">h", len(value)) + value.encode()


def create_topic(broker, name, configs, partitions=1):
    body = struct.pack(">i", 1) + text(name) + struct.pack(">ihii", partitions, 1, 0, len(configs))
    body += b"".join(text(key) + text(value) for key, value in configs.items())
    answer = request(broker.port, frame(19, 2, body + struct.pack(">i?", 30000, False)))
    error = struct.unpack(">h", answer[14 + len(name):16 + len(name)])[0]
    assert error == 0, (name, error)


def fetch_batches(broker, topic, offset=0):
    """The batches of partition 0 up to its end, by Fetch version 4."""
    batches = []
    while True:
        body = struct.pack(">iiiibi", -1, 0, 0, 1 << 24, 0, 1) + text(topic)
        body += struct.pack(">iiqi", 1, 0, offset, 1 << 24)
        answer = request(broker.port, frame(1, 4, body))
        at = 4 + 4 + 4 + 2 + len(topic) + 4
        error, = struct.unpack(">h", answer[at + 4:at + 6])
        assert error == 0, error
        aborted, = struct.unpack(">i", answer[at + 22:at + 26])
        assert aborted <= 0
        records = answer[at + 30:]
        if not records:
            return batches
        while records:
            base, length = struct.unpack(">qi", records[:12])
            batches.append(records[:12 + length])
            offset = base + struct.unpack(">i", records[23:27])[0] + 1
            records = records[12 + length:]
