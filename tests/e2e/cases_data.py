"""Records come back as they were sent: every codec, size, restart and crash."""
import pathlib
import random
import socket
import time

from harness import LONG, kcat, words
from wire import frame, produce_answer, produce_batch, produce_body, receive


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
