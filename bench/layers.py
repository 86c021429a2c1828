#!/usr/bin/env python3
"""What a produce request costs the broker, layer by layer: instructions in user space.

    layers.py [--cores N] [COUNT [ARGUMENT...]]

The broker runs twice under callgrind, over a new directory, with one core (or N) and the epoll
implementation of io (callgrind knows no io_uring), and takes COUNT requests, then COUNT/10; the
difference leaves out what start and stop cost. Further arguments go to odradek-bench, whose
requests carry one record of 256 bytes on 128 connections otherwise. Groups are as large as they
come, and valgrind runs one thread at a time: what a request shares with others of its group is a
little more or less from run to run. What the compiler takes from one file into a function of
another counts where it was written. The functions of each layer stand below it.
"""
import collections
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILT = ROOT / "build" / "release" / "bin"
SHOWN = 8
sys.path.append(str(ROOT / "bench"))

from compare.brokers import free_port, metadata  # noqa: E402


def load(cores, count, home, more):
    """Callgrind's output of a broker that took so many requests."""
    port, out = free_port(), home / f"{count}.out"
    broker = subprocess.Popen(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", BUILT / "odradek", "--data",
         home / f"data-{count}", "--listen", f"127.0.0.1:{port}", "--cores", cores, "--set",
         "odradek.io=epoll"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                metadata(port)
                break
            except OSError:
                if time.monotonic() > deadline or broker.poll() is not None:
                    raise SystemExit("layers: the broker does not start under callgrind")
                time.sleep(0.1)
        subprocess.run([BUILT / "odradek-bench", "-b", f"127.0.0.1:{port}", "-t", "layers",
                        "--create-topic", "-p", "16", "-c", "128", "-s", "256", "--acks", "all",
                        "-w", "0", "-d", "0", "-n", str(count), *more], check=True, timeout=600,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    finally:
        broker.send_signal(signal.SIGTERM)
        broker.wait(120)
    return out


def by_function(path):
    """{(layer, function): instructions}; what is not ours counts under its library."""
    table = subprocess.run(["callgrind_annotate", "--threshold=100", "--show-percs=no", str(path)],
                           stdout=subprocess.PIPE, check=True, text=True, cwd=ROOT).stdout
    counts = collections.Counter()
    for line in table.splitlines():
        found = re.match(r"\s*([\d,]+)\s+(\S+):(\S+)(?: \[(.*)\])?", line)
        if not found:
            continue
        file, function, library = found.group(2), found.group(3), found.group(4) or ""
        if (ROOT / file).is_file() and (ROOT / file).is_relative_to(ROOT):
            layer = (ROOT / file).relative_to(ROOT).parts[0]
        else:
            layer = "system headers, inlined" if "odradek" in library else "libraries"
        counts[layer, function] += int(found.group(1).replace(",", ""))
    return counts


def main():
    cores, arguments = "1", sys.argv[1:]
    if arguments[:1] == ["--cores"]:
        cores, arguments = arguments[1], arguments[2:]
    most = int(arguments[0]) if arguments else 20000
    least = most // 10
    with tempfile.TemporaryDirectory() as home:
        small, large = (by_function(load(cores, count, pathlib.Path(home), arguments[1:]))
                        for count in (least, most))
    each = {key: (large[key] - small[key]) / (most - least) for key in large}
    layers = collections.Counter()
    for (layer, _), spent in each.items():
        layers[layer] += spent
    print(f"{sum(layers.values()):8.0f} in all")
    for layer, spent in layers.most_common():
        print(f"{spent:8.0f} {layer}")
        inside = sorted(((spent, name) for (of, name), spent in each.items() if of == layer),
                        reverse=True)
        for spent, name in inside[:SHOWN]:
            if spent >= 5:
                print(f"{spent:16.0f} {name}")


if __name__ == "__main__":
    main()
