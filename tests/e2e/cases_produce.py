"""What a produce request may be, and what Kafka answers to the others."""
import time

from harness import kcat
from wire import produce, produce_batch


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
