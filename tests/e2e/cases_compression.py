"""Topics with a compression.type of their own, and compacted ones: the broker looks inside."""
import gzip
import struct

from harness import kcat, words
from wire import create_topic, fetch_batches, produce, produce_batch

CODECS = ["uncompressed", "gzip", "snappy", "lz4", "zstd"]


def test_a_topic_stores_its_own_compression(broker):
    for number, topic_codec in enumerate(CODECS):
        create_topic(broker, f"as-{topic_codec}", {"compression.type": topic_codec})
        sent = b""
        for codec in ["none"] + CODECS[1:]:
            text = words(300, codec)
            kcat(broker, "-P", "-t", f"as-{topic_codec}", "-z", codec, data=text)
            sent += text
        assert kcat(broker, "-C", "-t", f"as-{topic_codec}", "-e", "-q") == sent
        stored = {struct.unpack(">h", batch[21:23])[0] & 7
                  for batch in fetch_batches(broker, f"as-{topic_codec}")}
        assert stored == {number}, (topic_codec, stored)


def test_a_bomb_is_refused(broker):
    create_topic(broker, "bomb", {"compression.type": "uncompressed"})
    records = gzip.compress(b"\0" * (200 << 20), 9)
    assert produce(broker, "bomb", produce_batch(b"", raw=records, attributes=1))[0] == 10
    kcat(broker, "-P", "-t", "bomb", data=b"fine\n")
    assert kcat(broker, "-C", "-t", "bomb", "-e", "-q") == b"fine\n"


def test_broken_compression_is_found_where_the_broker_looks(broker):
    create_topic(broker, "looked", {"compression.type": "uncompressed"})
    for codec in (1, 2, 3, 4):
        batch = produce_batch(b"", raw=b"not compressed at all", attributes=codec)
        assert produce(broker, "looked", batch) == (-1, -1), codec


def test_compacted_topics_need_keys_inside_compressed_batches_too(broker):
    create_topic(broker, "compacted", {"cleanup.policy": "compact"})
    for codec in ["none"] + CODECS[1:]:
        kcat(broker, "-P", "-t", "compacted", "-z", codec, "-K", ":", data=b"key:value\n")
        refused = False
        try:
            kcat(broker, "-P", "-t", "compacted", "-z", codec, "-X", "message.timeout.ms=3000",
                 data=b"a long value without a key, " * 20 + b"\n")
        except Exception:
            refused = True
        assert refused, codec
    assert kcat(broker, "-C", "-t", "compacted", "-e", "-q") == b"value\n" * 5
