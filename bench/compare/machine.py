"""The machine: what it is, what it does without a broker, and what a process takes of it."""
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import time

from compare.brokers import ROOT

TICK = 1 / os.sysconf("SC_CLK_TCK")
READ_BYTES = 1 << 20


def first_match(pattern, path):
    found = re.search(pattern, pathlib.Path(path).read_text(), re.M)
    return found.group(1).strip() if found else "unknown"


def words_of(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except OSError:
        return "unknown"
    return done.stdout.strip().splitlines()[0] if done.stdout.strip() else "unknown"


def describe(home, filled):
    """What figures of different machines and days must be told apart by. `filled`: the page cache
    is, before each case."""
    return {
        "cores": os.cpu_count(),
        "cpu": first_match(r"^model name\s*:(.*)$", "/proc/cpuinfo"),
        "kernel": f"{platform.system()} {platform.release()}",
        "memory": first_match(r"^MemTotal:(.*)$", "/proc/meminfo"),
        "page cache": "filled before each case" if filled else "as it is",
        "disk": words_of("findmnt", "-n", "-o", "SOURCE,FSTYPE,OPTIONS", "--target", str(home)),
        "java": words_of("java", "-version"),
        "commit": words_of("git", "-C", str(ROOT), "log", "-1", "--format=%h %s"),
        "load": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "date": time.strftime("%Y-%m-%d %H:%M:%S %z"),
    }


def drop_from_cache(paths):
    """The next to read these files, which nobody writes meanwhile, reads them from the disk."""
    for path in paths:
        with open(path, "rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def read_sequentially(paths):
    """Bytes a second of reading these files, one after another."""
    buffer = bytearray(READ_BYTES)
    total, begin = 0, time.monotonic()
    for path in paths:
        with open(path, "rb", buffering=0) as file:
            while got := file.readinto(buffer):
                total += got
    return total / (time.monotonic() - begin)


def read_by_fio(paths):
    """Bytes a second of direct reads; None where there is no fio, or the system forbids them."""
    if shutil.which("fio") is None:
        return None
    names = ":".join(str(path).replace(":", "\\:") for path in paths)
    done = subprocess.run(["fio", "--name=read", "--readonly", "--rw=read", "--bs=1m", "--direct=1",
                           "--ioengine=libaio", "--iodepth=4", f"--filename={names}",
                           "--output-format=json"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, timeout=600)
    if done.returncode != 0:
        return None
    return json.loads(done.stdout)["jobs"][0]["read"]["bw_bytes"]


def processors_apart():
    """One for a broker and one for its client, as taskset takes them; None where there is one."""
    mine = sorted(os.sched_getaffinity(0))
    return (str(mine[0]), str(mine[-1])) if len(mine) > 1 else None


def children():
    """Processes that this one has started, and that nobody has waited for."""
    path = pathlib.Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    return [int(pid) for pid in path.read_text().split()] if path.exists() else []


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK


def context_switches(pid):
    total = 0
    for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        total += sum(int(count) for count in re.findall(r"ctxt_switches:\s*(\d+)",
                                                        status.read_text()))
    return total


def memory(pid):
    """MiB in use: as the system counts them, and without what is shared."""
    kib = {key: int(value) for key, value in re.findall(
        r"^(Rss|Pss):\s*(\d+) kB", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)}
    return {"RSS MiB": kib["Rss"] / 1024, "PSS MiB": kib["Pss"] / 1024}
