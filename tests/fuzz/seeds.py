#!/usr/bin/env python3
"""What the fuzz targets begin with: seeds.py FOLDER SCHEMA_DUMP [GOLDEN].

Writes FOLDER/<target>/<seed> from bytes that Kafka itself wrote: those in the tests, and those of
the golden vectors when their folder is given. WAL and segment inputs are small programs, see their
targets. Nothing here is random: equal sources give equal seeds.
"""
import hashlib
import pathlib
import re
import struct
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIZE_MAX = 3000  # libFuzzer works with up to 4096 bytes


class Seeds:
    def __init__(self, folder):
        self.folder = folder

    def add(self, target, data):
        if len(data) > 4096:
            return
        path = self.folder / target
        path.mkdir(parents=True, exist_ok=True)
        (path / hashlib.sha1(data).hexdigest()[:16]).write_bytes(data)


def snake(name):
    return re.sub(r'(?<!^)(?=[A-Z])', '_', name).lower()


def varint(number):
    number = number << 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out + bytes([number]))


def record(offset, value):
    """A record of a batch, without a key."""
    body = b'\0\0' + varint(offset) + b'\1' + varint(len(value)) + value + b'\0'
    return varint(len(body)) + body


def message_types(schema_dump):
    """Name to index, first and last version: message_fuzz chooses by index."""
    text = subprocess.check_output([schema_dump], text=True)
    rows = re.findall(r'^message (\S+) \S+ (\d+) (\d+)', text, re.M)
    return {name: (i, int(least), int(most)) for i, (name, least, most) in enumerate(rows)}


def api_rows():
    text = (ROOT / 'protocol/api.h').read_text()
    rows = re.findall(r'X\((\w+),\s+(\w+),\s+(\d+),\s+(\d+),\s+(\d+)\)', text)
    rows.sort(key=lambda row: int(row[2]))
    return {message: (i, int(high)) for i, (_, message, _, _, high) in enumerate(rows)}


def golden_messages(golden):
    """(name, version, variant, body) of each line, names as in the schemas here."""
    for line in (golden / 'messages.tsv').read_text().splitlines():
        name, version, variant, body, _ = line.split('\t')
        yield name, int(version), variant, bytes.fromhex(body)


def message_seed(index, version, least, body):
    return struct.pack('>HB', index, version - least) + body


# In the order of compiled_fuzz.c.
COMPILED = ('ProduceRequest', 'ProduceResponse', 'FetchRequest', 'FetchResponse')


def add_compiled(seeds, golden, types):
    for name, version, variant, body in golden_messages(golden):
        if name in COMPILED and variant in ('default', 'random1', 'null', 'unknown-tag'):
            kind, (_, least, _) = COMPILED.index(name), types[name]
            seeds.add('compiled_fuzz', bytes([kind, version - least, 100]) + body)


def add_messages(seeds, golden, types):
    for name, version, variant, body in golden_messages(golden):
        if name in types and len(body) < 600 and variant in ('random1', 'null', 'unknown-tag'):
            index, least, most = types[name]
            if least <= version <= most and version in (least, most):
                seeds.add('message_fuzz', message_seed(index, version, least, body))


def add_frames(seeds, golden):
    apis = api_rows()
    for name, version, variant, body in golden_messages(golden):
        message = snake(name.removesuffix('Request'))
        if not name.endswith('Request') or message not in apis:
            continue
        if variant not in ('default', 'random1'):
            continue
        index, high = apis[message]
        if version == high or version == 0:
            frame = bytes([0, index, version]) + struct.pack('>H', len(body)) + body
            seeds.add('frames_fuzz', b'\0' + frame)
            seeds.add('frames_fuzz', b'\7' + frame + frame[:40])


def produce_body(batch):
    """Produce version 7 of one batch to partition 0 of the topic that frames_fuzz creates."""
    head = struct.pack('>hhi', -1, -1, 1000)
    topic = struct.pack('>ih1si', 1, 1, b't', 1)
    return head + topic + struct.pack('>ii', 0, len(batch)) + batch


def fetch_body():
    head = struct.pack('>iiiib', -1, 0, 0, 65536, 0)
    return head + struct.pack('>ih1siiqi', 1, 1, b't', 1, 0, 0, 65536)


def add_batches(seeds, golden):
    apis = api_rows()
    for line in (golden / 'batches.tsv').read_text().splitlines():
        name, batch, _ = line.split('\t')
        batch = bytes.fromhex(batch)
        if len(batch) > SIZE_MAX:
            continue
        for choice in (0, 0x47, 0x65):
            seeds.add('batch_fuzz', bytes([choice]) + batch)
        if not name.startswith('v2-'):
            continue
        log = struct.pack('>H', len(batch)) + batch
        for load in (0, 4, 8, 12, 16):
            seeds.add('segment_fuzz', bytes([1, load + 1]) + log)
        body = produce_body(batch)
        frames = bytes([0, apis['produce'][0], 7]) + struct.pack('>H', len(body)) + body
        body = fetch_body()
        frames += bytes([0, apis['fetch'][0], 4]) + struct.pack('>H', len(body)) + body
        seeds.add('frames_fuzz', b'\0' + frames)


def add_catalog(seeds):
    """What Kafka's own classes wrote for the catalog's tests: records alone, and eight together."""
    text = (ROOT / 'tests/broker/catalog_golden.inc').read_text()
    values = [bytes.fromhex(re.sub(r'[^0-9a-fA-F]', '', row))
              for row in re.findall(r'(?:IN|OUT)\(((?:\s*"[0-9a-f]+")+)\)', text)]
    for value in values:
        seeds.add('catalog_fuzz', b'\0' + record(0, value))
    for i in range(0, len(values), 8):
        records = [record(n, value) for n, value in enumerate(values[i:i + 8])]
        seeds.add('catalog_fuzz', b'\0' + b''.join(records))


def add_recovery(seeds, golden):
    """A partition's directory: segments, state files, and checkpoints of ours and of Kafka's."""
    batches = [bytes.fromhex(line.split('\t')[1])
               for line in (golden / 'batches.tsv').read_text().splitlines()
               if line.startswith('v2-')]
    producer = struct.pack('>qhiqiqiq', 5, 0, 9, 2, 0, 1700000000000, 0, -1)
    traces = struct.pack('>Bqqii', 1, 2, 1700000000000, 9, 0)
    snapshot = struct.pack('>hIi', 1, 0, 1) + producer
    state = struct.pack('>HIi', 0x4f44, 0, 1) + producer + traces
    epochs = struct.pack('>Iiqiq', 2, 0, 0, 3, 1)
    partition = bytes([1, 2, 3, 4]) + bytes(12) + struct.pack('>iqq', 0, 3, 0) + epochs
    partition += struct.pack('>I', len(state)) + state
    checkpoint = bytes(4) + struct.pack('>HHIQQQQI', 1, 0, 0, 0, 1, 0, 1, 1) + partition
    aborted = struct.pack('>hqqqq', 0, 5, 0, 2, 0)

    def part(name, data):
        return struct.pack('>BH', name, len(data)) + data

    for batch in [b for b in batches if len(b) < 1200]:
        log = struct.pack('>q', 0) + batch[8:]
        files = part(0, log) + part(3, aborted) + part(10, b'0\n1\n0 0\n') + part(8, snapshot)
        kafka = part(14, b'0\n1\nt 0 1\n') + part(15, b'0\n1\nt 0 0\n')
        for choice in (b'\0', b'\1'):
            seeds.add('recovery_fuzz', choice + files)
            seeds.add('recovery_fuzz', choice + files + kafka)
            seeds.add('recovery_fuzz', choice + files + part(16, b'{"version":0}'))
            seeds.add('recovery_fuzz', choice + files + part(12, checkpoint))


def add_wal(seeds):
    group = bytes([0, 0, 2, 0, 1, 0, 20, 1, 0, 9]) + bytes(6)
    for choice in (1, 0, 255):
        for program in (group * 3, (group * 2 + bytes([1, 0])) * 3,
                        group * 2 + bytes([2, 0, 0, 0, 0]) + group,
                        group * 2 + bytes([6]) + group, group * 3 + bytes([3, 0, 1, 90, 2, 7, 7]),
                        group * 3 + bytes([4, 0, 1, 0]), group + bytes([5, 0, 40, 3, 1, 2, 3])):
            for first in (255, 1):
                seeds.add('wal_fuzz', bytes([choice, first]) + program)


def metadata_batch(offset, values, control=0):
    body = b''.join(record(n, value) for n, value in enumerate(values))
    header = struct.pack('>qiiBIhiqqqhii', offset, 49 + len(body), 1, 2, 0, control,
                         len(values) - 1, 1, 1, -1, -1, -1, len(values))
    return header + body


def add_files(seeds):
    """One of each kind: see files_fuzz."""
    producer = struct.pack('>qhiqiqiq', 5, 0, 9, 2, 0, 1700000000000, 0, -1)
    text = (ROOT / 'tests/broker/catalog_golden.inc').read_text()
    values = [bytes.fromhex(re.sub(r'[^0-9a-fA-F]', '', row))
              for row in re.findall(r'OUT\(((?:\s*"[0-9a-f]+")+)\)', text)][:12]
    log = metadata_batch(0, values[:4]) + metadata_batch(4, values[4:])
    for kind, data in (
            (0, struct.pack('>hIi', 0, 0, 1) + producer),
            (0, struct.pack('>hIi', 256, 0, 1) + producer +
             struct.pack('>Bqqii', 1, 2, 1700000000000, 9, 0)),
            (1, b'0\n2\n0 0\n3 7\n'),
            (2, b'0\n2\nt 0 1\ntopic-a 17 99\n'),
            (3, b'#\n#Fri\ncluster.id=abc\nversion=1\nnode.id=1\n'
                b'directory.id=AAAAAAAAAAAAAAAAAAAAAg\n'),
            (4, b'version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAg'),
            (4, b'{"version":0,"brokerEpoch":3}'),
            (5, b'{"leaderId":1,"leaderEpoch":2,"votedId":-1,"appliedOffset":0,'
                b'"currentVoters":[{"voterId":1}],"data_version":0}'),
            (5, b'{"leaderId":1,"leaderEpoch":2,"votedId":1,'
                b'"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAg","data_version":1}'),
            (6, b'\0\0' + log),
            (6, struct.pack('>H', len(log)) + log + log)):
        seeds.add('files_fuzz', bytes([kind]) + data)


def text(value):
    return struct.pack('>h', len(value)) + value.encode()


def compact(value):
    return bytes([len(value) + 1]) + value.encode()


def classic_member(name):
    """Of a group's record, in version 3: a consumer of topic "t", assigned partition 0."""
    subscription = struct.pack('>hi', 0, 1) + text('t') + struct.pack('>i', -1)
    assignment = struct.pack('>hi', 0, 1) + text('t') + struct.pack('>iii', 1, 0, -1)
    head = text(name) + struct.pack('>h', -1) + text('client') + text('/127.0.0.1')
    head += struct.pack('>ii', 30000, 10000)
    return head + b''.join(struct.pack('>i', len(part)) + part
                           for part in (subscription, assignment))


def consumer_records(group):
    """The records of a group of KIP-848 with two members, as pairs of key and value."""
    topic = bytes(8) + bytes([0, 0, 0, 0, 0, 0, 0, 2])

    def places(*partitions):
        if not partitions:
            return b'\1'
        return (b'\2' + topic + bytes([len(partitions) + 1]) +
                b''.join(struct.pack('>i', p) for p in partitions) + b'\0')

    yield struct.pack('>h', 3) + text(group), struct.pack('>hiqb', 0, 2, 5, 0)
    for name, regex in (('a', b'\0'), ('b', compact('t.*'))):
        yield (struct.pack('>h', 5) + text(group) + text(name),
               b'\0\0\0\0' + compact('client') + compact('/h') + b'\2' + compact('t') + regex +
               struct.pack('>i', 30000) + b'\0\xff\0')
    yield (struct.pack('>h', 16) + text(group) + text('t.*'),
           b'\0\0\2' + compact('t') + struct.pack('>qq', 1, 1) + b'\0')
    yield struct.pack('>h', 6) + text(group), struct.pack('>hib', 0, 2, 0)
    for name, partitions in (('a', (0, 1)), ('b', (2,))):
        key = text(group) + text(name)
        yield struct.pack('>h', 7) + key, b'\0\0' + places(*partitions) + b'\0'
        yield (struct.pack('>h', 8) + key,
               struct.pack('>hiib', 0, 2, 1, 0) + places(*partitions) + places() + b'\0')


def add_groups(seeds):
    """Rows of steps, see groups_fuzz: a byte, then key and value with their lengths."""
    def step(bits, key, value=None):
        out = bytes([bits | (value is None)]) + struct.pack('>H', len(key)) + key
        return out + (struct.pack('>H', len(value)) + value if value is not None else b'')

    def offset(group, number, partition=0):
        return (struct.pack('>h', 1) + text(group) + text('t') + struct.pack('>i', partition),
                struct.pack('>hqi', 3, number, 0) + text('m') + struct.pack('>q', 1000000000))

    group = struct.pack('>h', 3) + text('consumer') + struct.pack('>i', 4) + text('range')
    group += text('m1') + struct.pack('>qi', 1000000000, 2)
    group += classic_member('m1') + classic_member('m2')
    classic = step(0, struct.pack('>h', 2) + text('g'), group)
    plain = step(0, *offset('g', 5)) + step(0, *offset('g', 6, 1))
    inside = step(2, *offset('g', 7)) + step(2, *offset('h', 8)) + step(18, *offset('g', 9))
    commit, abort = bytes([12]), bytes([20])
    gone = step(0, offset('g', 0)[0])
    consumer = b''.join(step(0, key, value) for key, value in consumer_records('c'))
    ended = b''.join(step(0, key) for key, _ in consumer_records('c'))
    for row in (plain, classic, classic + plain, inside, inside + commit, inside + plain + commit,
                inside + abort + commit, inside + gone + commit, consumer, consumer + ended,
                consumer + step(0, *offset('c', 3)), consumer + ended + classic,
                step(0, struct.pack('>h', 2) + text('c'), group) + consumer):
        seeds.add('groups_fuzz', row)


def add_sessions(seeds):
    """Requests in the form of sessions_fuzz."""
    full = bytes([0, 0, 0, 3, 0, 1, 2, 9])
    more = bytes([5 * 16 + 2, 0, 1, 1, 10, 2, 1, 2, 3])
    late = bytes([4, 0, 200])
    other = bytes([0, 1, 1, 2, 0, 3, 4]) + bytes([0, 2, 0, 1, 0, 3]) + bytes([0, 3, 0, 1, 0, 3])
    for row in (full, full + more, full + more * 4, full + other + more + late + more + other):
        seeds.add('sessions_fuzz', row)


def add_properties(seeds):
    for line in ('listeners=PLAINTEXT://127.0.0.1:9092\nlog.dirs=/tmp/x\nnode.id=1\n',
                 'process.roles=broker,controller\ncontroller.quorum.voters=1@localhost:9093\n'
                 'listeners=PLAINTEXT://:9092,CONTROLLER://:9093\n'
                 'controller.listener.names=CONTROLLER\n',
                 '# a comment\n! another\nlog.retention.hours : 5\\\n  6\nkey\\ with=\\u0041\\t\n',
                 'odradek.wal.profile=auto\nodradek.memory.bytes=1048576\n'):
        seeds.add('properties_fuzz', line.encode())


def main():
    seeds = Seeds(pathlib.Path(sys.argv[1]))
    add_catalog(seeds)
    add_wal(seeds)
    add_files(seeds)
    add_groups(seeds)
    add_sessions(seeds)
    add_properties(seeds)
    if len(sys.argv) > 3:
        golden = pathlib.Path(sys.argv[3])
        types = message_types(sys.argv[2])
        add_messages(seeds, golden, types)
        add_compiled(seeds, golden, types)
        add_frames(seeds, golden)
        add_batches(seeds, golden)
        add_recovery(seeds, golden)


if __name__ == '__main__':
    main()
