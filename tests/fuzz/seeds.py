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
    text = subprocess.run([schema_dump], capture_output=True, check=True, text=True).stdout
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
        usual = variant in ('default', 'random1')
        if not name.endswith('Request') or message not in apis or not usual:
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
    """The records of Kafka's own classes that the catalog's tests hold: alone, and by eights."""
    text = (ROOT / 'tests/broker/catalog_golden.inc').read_text()
    values = [bytes.fromhex(re.sub(r'[^0-9a-fA-F]', '', row))
              for row in re.findall(r'(?:IN|OUT)\(((?:\s*"[0-9a-f]+")+)\)', text)]
    for value in values:
        seeds.add('catalog_fuzz', b'\0' + record(0, value))
    for i in range(0, len(values), 8):
        records = [record(n, value) for n, value in enumerate(values[i:i + 8])]
        seeds.add('catalog_fuzz', b'\0' + b''.join(records))


def add_wal(seeds):
    group = bytes([0, 0, 2, 0, 1, 0, 20, 1, 0, 9]) + bytes(6)
    for choice in (1, 0, 255):
        for program in (group * 3, (group * 2 + bytes([1, 0])) * 3,
                        group * 2 + bytes([2, 0, 0, 0, 0]) + group,
                        group * 2 + bytes([6]) + group, group * 3 + bytes([3, 0, 1, 90, 2, 7, 7]),
                        group * 3 + bytes([4, 0, 1, 0]), group + bytes([5, 0, 40, 3, 1, 2, 3])):
            for first in (255, 1):
                seeds.add('wal_fuzz', bytes([choice, first]) + program)


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
    add_properties(seeds)
    if len(sys.argv) > 3:
        golden = pathlib.Path(sys.argv[3])
        add_messages(seeds, golden, message_types(sys.argv[2]))
        add_frames(seeds, golden)
        add_batches(seeds, golden)


if __name__ == '__main__':
    main()
