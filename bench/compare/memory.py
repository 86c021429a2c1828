"""The page cache as it is on a machine that has been up for a day: full.

Some hypervisors take free memory back (free page reporting of virtio's balloon), and find new
memory for it page by page when it is used again. A machine most of which is free then writes files
at less than a GB/s, the disk aside, and each test does it anew, because what it deletes is free.
Where memory is full of files, as it soon is, the system uses it again at once, and nobody pays.
"""
import itertools
import pathlib
import re
import shutil
import time

BALLOONS = pathlib.Path("/sys/bus/virtio/drivers/virtio_balloon")
FREE_PAGE_REPORTING = 5  # virtio 1.2, 5.5.3: VIRTIO_BALLOON_F_PAGE_REPORTING
# Left free, and not worth the trouble. The system itself keeps some.
SPARE_BYTES = 1 << 30
# What a broker deletes is free a moment later, and the hypervisor's two seconds after that.
SETTLE_SECONDS = 1
BUFFER_BYTES = 1 << 20


def taken_back():
    """Whether free memory is taken back by the hypervisor."""
    features = [path.read_text() for path in BALLOONS.glob("virtio*/features")]
    return any(bits[FREE_PAGE_REPORTING:FREE_PAGE_REPORTING + 1] == "1" for bits in features)


def free_bytes():
    found = re.search(r"^MemFree:\s*(\d+) kB", pathlib.Path("/proc/meminfo").read_text(), re.M)
    return int(found.group(1)) * 1024


class Filler:
    """Fills the page cache by files that are nothing but a hole: they take no place on the disk."""

    def __init__(self, home, wanted):
        self.home = home / "page-cache"
        self.wanted = wanted
        self.names = itertools.count()
        self.buffer = bytearray(BUFFER_BYTES)

    def fill(self):
        if not self.wanted:
            return
        time.sleep(SETTLE_SECONDS)
        size = free_bytes() - SPARE_BYTES
        if size < SPARE_BYTES:
            return
        self.home.mkdir(parents=True, exist_ok=True)
        path = self.home / str(next(self.names))
        with open(path, "wb") as file:
            file.truncate(size)
        with open(path, "rb", buffering=0) as file:
            while file.readinto(self.buffer):
                pass

    def close(self):
        shutil.rmtree(self.home, ignore_errors=True)
