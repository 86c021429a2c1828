#!/usr/bin/env python3
"""What odradek-bench itself spends on a request: instructions in user space, by function.

    own_cost.py [COUNT [ARGUMENT...]]

Two runs under callgrind against kafka_null_server, one of COUNT requests and one of COUNT/10; their
difference leaves out what starting and connecting cost. callgrind knows no io_uring, so this is the
epoll implementation. Further arguments go to odradek-bench. Functions that spend less than one
instruction a request are left out.
"""
import collections
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILT = ROOT / "build" / "release" / "bin"


def load(port, count, path, more):
    words = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={path}",
             str(BUILT / "odradek-bench"), "--io", "epoll", "-b", f"127.0.0.1:{port}", "-t", "null",
             "-c", "128", "-s", "256", "--acks", "all", "-w", "0", "-d", "0", "-n", str(count),
             *more]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=600)
    if done.returncode != 0:
        raise SystemExit(f"own_cost: {done.stdout}")


def by_function(path):
    table = subprocess.run(["callgrind_annotate", "--threshold=100", "--show-percs=no", str(path)],
                           stdout=subprocess.PIPE, check=True, text=True).stdout
    counts = collections.Counter()
    for line in table.splitlines():
        found = re.match(r"\s*([\d,]+)\s+(\S+:\S+)", line)
        if found:
            counts[found.group(2).rpartition("/")[2]] += int(found.group(1).replace(",", ""))
    return counts


def main():
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 20000
    least = most // 10
    server = subprocess.Popen([str(BUILT / "kafka_null_server"), "0", "null", "1"],
                              stdout=subprocess.PIPE)
    try:
        port = int(server.stdout.readline())
        with tempfile.TemporaryDirectory() as home:
            counts = []
            for count in (least, most):
                path = pathlib.Path(home) / str(count)
                load(port, count, path, sys.argv[2:])
                counts.append(by_function(path))
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
    each = {name: (counts[1][name] - counts[0][name]) / (most - least) for name in counts[1]}
    print(f"{sum(each.values()):8.0f} in all")
    for name, spent in sorted(each.items(), key=lambda item: -item[1]):
        if spent >= 1:
            print(f"{spent:8.0f} {name}")


if __name__ == "__main__":
    main()
