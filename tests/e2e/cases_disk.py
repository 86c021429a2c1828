"""A full disk is a designed state: on small file systems of their own."""
import os
import pathlib
import shutil
import struct
import subprocess
import time

from harness import kcat
from wire import frame, produce, produce_batch, request

SIZE_MIB = 200
BALLAST_MIB = 40
SETTINGS = ["odradek.wal.file.bytes=8388608", "odradek.wal.max.bytes=33554432",
            "odradek.cores=2"]
STORAGE_ERROR = 56


def mount(kind, home, target):
    """Mounts a small file system; the reason when that is not permitted here."""
    if os.geteuid() != 0:
        return "not root"
    if kind == "tmpfs":
        command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m", "none", str(target)]
    elif shutil.which("mkfs.ext4") is None:
        return "mkfs.ext4 is not installed"
    else:
        image = pathlib.Path(home) / "disk.img"
        with open(image, "wb") as f:
            f.truncate(SIZE_MIB << 20)
        made = subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], stderr=subprocess.PIPE,
                              timeout=60)
        if made.returncode != 0:
            return made.stderr.decode().strip()
        command = ["mount", "-o", "loop", str(image), str(target)]
    mounted = subprocess.run(command, stderr=subprocess.PIPE, timeout=60)
    return mounted.stderr.decode().strip() if mounted.returncode != 0 else None


def move_to_small_disk(broker, kind):
    broker.stop()
    shutil.rmtree(broker.data)
    broker.data.mkdir()
    reason = mount(kind, broker.home.name, broker.data)
    if reason:
        print(f"skipped on {kind}: {reason}")
        return False
    shutil.rmtree(broker.data / "lost+found", ignore_errors=True)
    broker.settings += SETTINGS
    return True


def delete_topic(broker, name):
    body = struct.pack(">ih", 1, len(name)) + name.encode() + struct.pack(">i", 10000)
    answer = request(broker.port, frame(20, 1, body), timeout=20)
    assert struct.unpack(">h", answer[-2:]) == (0,), answer


def count(broker, topic):
    out = kcat(broker, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f", "%o\n")
    offsets = [int(line) for line in out.split()]
    assert offsets == list(range(len(offsets))), "a gap"
    return len(offsets)


def produce_until(broker, topic, batch, wanted, seconds):
    """How many were acknowledged until an answer was `wanted`. Each has an answer: none waits for
    space."""
    taken = 0
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        error, _ = produce(broker, topic, batch)
        if error == wanted:
            return taken + (error == 0)
        assert error in (0, STORAGE_ERROR), error
        taken += error == 0
        if error:
            time.sleep(0.1)
    raise AssertionError(f"no answer {wanted} in {seconds} s: {broker.text()[-2000:]}")


def fill(path):
    """A file that takes all the space there is."""
    with open(path, "ab", buffering=0) as f:
        for size in (1 << 20, 4096, 512):
            try:
                while True:
                    f.write(b"b" * size)
            except OSError:
                pass


def full_disk(broker, kind):
    if not move_to_small_disk(broker, kind):
        broker.start()
        return
    try:
        (broker.data / "ballast").write_bytes(b"b" * (BALLAST_MIB << 20))
        broker.start()
        kcat(broker, "-L", "-t", "victim")
        kcat(broker, "-L", "-t", "kept")
        big = produce_batch(b"x" * 500000)
        small = produce_batch(b"y" * 100)
        for _ in range(40):
            assert produce(broker, "victim", big)[0] == 0
        kept = produce_until(broker, "kept", big, STORAGE_ERROR, 60)
        assert kept >= 20, kept
        assert count(broker, "kept") == kept and count(broker, "victim") == 40

        broker.kill()
        fill(broker.data / "filler")
        broker.start()
        assert "giving up the reserve" in broker.text()
        assert count(broker, "kept") == kept and count(broker, "victim") == 40
        delete_topic(broker, "victim")
        kept += produce_until(broker, "kept", small, 0, 30)
        assert count(broker, "kept") == kept

        # Full once more, and this time space comes from outside.
        kept += produce_until(broker, "kept", big, STORAGE_ERROR, 60)
        os.unlink(broker.data / "ballast")
        kept += produce_until(broker, "kept", small, 0, 30)
        broker.kill()
        broker.start()
        assert count(broker, "kept") == kept
        broker.stop()
        names = os.listdir(broker.data)
        assert not [name for name in names if name.startswith(".odradek")], names
    finally:
        if broker.process.poll() is None:
            broker.kill()
        subprocess.run(["umount", str(broker.data)], check=True, timeout=60)


def test_full_ext4_is_survived(broker):
    full_disk(broker, "ext4")


def test_full_tmpfs_is_survived(broker):
    full_disk(broker, "tmpfs")
