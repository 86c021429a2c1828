#!/usr/bin/env python3
"""Whether large batches should be written once, straight to their segments: what the disk makes
durable in each way, by fio.

    write_once.py [DIRECTORY [ROUNDS]]

In turn, ROUNDS times (3), four seconds each, in DIRECTORY (a new one under build/). The WAL's way:
one file of zeros, direct durable writes of a group, two under way. And the other: the batches of a
group go to the ends of 16 segments, and each of these is synced; or to the end of a single one. A
segment cannot be filled with zeros first: that is the second write again. Prints megabytes a
second and how long one acknowledgement waits: the write and its sync. Medians, with ranges.
"""
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
APPEND = ["--fallocate=none", "--fdatasync=1"]
WAYS = {
    "the WAL, groups of 1 MiB": ["--bs=1m", "--direct=1", "--sync=dsync", "--ioengine=io_uring",
                                 "--iodepth=2", "--size=1g", "--overwrite=1"],
    "the WAL, groups of 256 KiB": ["--bs=256k", "--direct=1", "--sync=dsync",
                                   "--ioengine=io_uring", "--iodepth=2", "--size=1g",
                                   "--overwrite=1"],
    "16 segments, 64 KiB to each": [*APPEND, "--bs=64k", "--numjobs=16", "--size=2g"],
    "16 segments, 16 KiB to each": [*APPEND, "--bs=16k", "--numjobs=16", "--size=2g"],
    "one segment, 1 MiB": [*APPEND, "--bs=1m", "--size=8g"],
    "one segment, 256 KiB": [*APPEND, "--bs=256k", "--size=8g"],
}


def run(directory, way):
    """(MB/s, milliseconds of one write with its sync)"""
    command = ["fio", "--name=f", f"--directory={directory}", "--rw=write", "--time_based",
               "--runtime=4", "--group_reporting", "--output-format=json", *WAYS[way]]
    done = subprocess.run(command, check=True, timeout=120, capture_output=True, text=True)
    job = json.loads(done.stdout)["jobs"][0]
    for path in pathlib.Path(directory).iterdir():
        path.unlink()
    sync_ns = job.get("sync", {}).get("lat_ns", {}).get("mean", 0)
    write = job["write"]
    return write["bw_bytes"] / 1e6, (write["clat_ns"]["mean"] + sync_ns) / 1e6


def spread(values, digits):
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def main():
    if shutil.which("fio") is None:
        sys.exit("write_once.py needs fio (Debian's package of that name)")
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    results = {way: [] for way in WAYS}
    where = sys.argv[1] if len(sys.argv) > 1 else ROOT / "build"
    with tempfile.TemporaryDirectory(dir=where) as directory:
        for _ in range(rounds):
            for way in WAYS:
                results[way].append(run(directory, way))
    for way, figures in results.items():
        rates, waits = zip(*figures)
        print(f"{way:28} {spread(rates, 0):>18} MB/s {spread(waits, 2):>20} ms")


if __name__ == "__main__":
    main()
