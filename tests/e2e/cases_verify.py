"""Producers and consumers that check every promise while the broker is killed and stopped."""
import random
import subprocess
import time

from harness import BUILT, LONG


def test_kills_and_stops_under_verified_load(broker):
    seconds = 60 if LONG else 5
    seed = int(time.time()) if LONG else 1
    dice = random.Random(seed)
    broker.stop()
    broker.settings = ["odradek.wal.file.bytes=8388608", "odradek.wal.max.bytes=33554432"]
    broker.start()
    verify = subprocess.Popen([str(BUILT / "verify"), "-p", str(broker.port), "-d", str(seconds),
                               "-s", str(seed)], stdout=subprocess.PIPE)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(dice.uniform(0.3, 1.5))
        if dice.random() < 0.3:
            broker.stop()
        else:
            broker.kill()
        broker.start()
    told, _ = verify.communicate(timeout=120)
    assert verify.returncode == 0, f"seed {seed}: {told.decode()}"
    print(told.decode().strip())
