"""Record batches as odd as a test wants them."""
import gzip
import struct
import time

from wire import crc32c, varint

NOW = object()


def record(value=b"v", key=None, offset=0, time_delta=0, length=None):
    body = (b"\0" + varint(time_delta) + varint(offset) +
            (varint(-1) if key is None else varint(len(key)) + key) +
            (varint(-1) if value is None else varint(len(value)) + value) + b"\0")
    return varint(len(body) if length is None else length) + body


def batch(values=(b"v",), *, records=None, base_offset=0, leader_epoch=-1, magic=2, crc=None,
          attributes=0, last_delta=None, base_time=NOW, max_time=None, producer=(-1, -1, -1),
          count=None, length=None, packed=None):
    """`records` replaces the records made of `values`, `packed` what stands in the batch for them;
    `crc`, `count`, `length` and `last_delta` replace the right ones."""
    if records is None:
        records = [record(value, offset=i) for i, value in enumerate(values)]
    body = b"".join(records) if packed is None else packed
    base_time = int(time.time() * 1000) if base_time is NOW else base_time
    real = len(records)
    tail = struct.pack(">hiqqqhii", attributes, real - 1 if last_delta is None else last_delta,
                       base_time, base_time if max_time is None else max_time, *producer,
                       real if count is None else count) + body
    crc = crc32c(tail) if crc is None else crc
    size = 9 + len(tail) if length is None else length
    return struct.pack(">qiibI", base_offset, size, leader_epoch, magic, crc) + tail


def gzipped(values=(b"v",), records=None, **options):
    records = records or [record(value, offset=i) for i, value in enumerate(values)]
    return batch(records=records, packed=gzip.compress(b"".join(records), mtime=0), attributes=1,
                 **options)


def message_set(magic, value=b"v"):
    """One message of the formats before record batches; the CRC is not right, nobody looks."""
    body = struct.pack(">IBB", 0, magic, 0) + (struct.pack(">q", 0) if magic else b"")
    body += struct.pack(">i", -1) + struct.pack(">i", len(value)) + value
    return struct.pack(">qi", 0, len(body)) + body


def parse(data):
    """The header of a stored batch."""
    base_offset, size, epoch, magic, crc = struct.unpack(">qiibI", data[:21])
    fields = struct.unpack(">hiqqqhii", data[21:61])
    names = ("attributes", "last_delta", "base_time", "max_time", "producer_id", "producer_epoch",
             "sequence", "count")
    return dict(zip(names, fields), base_offset=base_offset, leader_epoch=epoch, magic=magic,
                crc=crc, crc_good=crc == crc32c(data[21:12 + size]), size=12 + size,
                body=data[61:12 + size])
