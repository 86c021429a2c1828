#!/usr/bin/env python3
"""What odradek-bench itself spends on a request, against kafka_null_server.

    own_cost.py [COUNT [ARGUMENT...]]
    own_cost.py --cpu [ROUNDS [ARGUMENT...]]

The first tells instructions in user space, by function: two runs under callgrind, one of COUNT
requests and one of COUNT/10; their difference leaves out what starting and connecting cost.
callgrind knows no io_uring, so this is the epoll implementation. Functions that spend less than one
instruction a request are left out.

The second tells the processor time of both sides, the kernel's included, on the ring: ROUNDS runs
of two seconds, the server on the first processor of this process and the client on the last. On a
machine that others use as well the least is what counts. Further arguments go to odradek-bench.
"""
import collections
import json
import os
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


def server_start(processor=None):
    words = [str(BUILT / "kafka_null_server"), "0", "null", "1"]
    if processor is not None:
        words = ["taskset", "-c", str(processor), *words]
    server = subprocess.Popen(words, stdout=subprocess.PIPE)
    return server, int(server.stdout.readline())


def server_end(server):
    """The processor seconds that it took, in user space and in the kernel."""
    server.kill()
    _, _, used = os.wait4(server.pid, 0)
    server.returncode = 0
    server.stdout.close()
    return used.ru_utime, used.ru_stime


def cpu_round(processors, more):
    server, port = server_start(processors[0])
    with tempfile.TemporaryDirectory() as home:
        output = pathlib.Path(home) / "results.json"
        words = ["taskset", "-c", str(processors[-1]), str(BUILT / "odradek-bench"), "-b",
                 f"127.0.0.1:{port}", "-t", "null", "-c", "128", "-s", "256", "--acks", "all", "-w",
                 "0", "-d", "2s", "--json-output", str(output), *more]
        client = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(client.pid, 0)
        client.returncode = os.waitstatus_to_exitcode(status)
        of_server = server_end(server)
        if client.returncode != 0:
            raise SystemExit(f"own_cost: odradek-bench ended with {client.returncode}")
        got = json.loads(output.read_text())
    return got["messages_per_second"], [spent * 1e6 / got["messages"] for spent in
                                        (used.ru_utime, used.ru_stime, *of_server)]


def cpu(arguments):
    processors = sorted(os.sched_getaffinity(0))
    for _ in range(int(arguments[0]) if arguments else 5):
        rate, each = cpu_round(processors, arguments[1:])
        print(f"{rate:8.0f} requests/s; CPU us a request: client {each[0]:.2f} + {each[1]:.2f} = "
              f"{sum(each[:2]):.2f}, server {each[2]:.2f} + {each[3]:.2f} = {sum(each[2:]):.2f}",
              flush=True)


def main():
    if sys.argv[1:2] == ["--cpu"]:
        cpu(sys.argv[2:])
        return
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 20000
    least = most // 10
    server, port = server_start()
    try:
        with tempfile.TemporaryDirectory() as home:
            counts = []
            for count in (least, most):
                path = pathlib.Path(home) / str(count)
                load(port, count, path, sys.argv[2:])
                counts.append(by_function(path))
    finally:
        server_end(server)
    each = {name: (counts[1][name] - counts[0][name]) / (most - least) for name in counts[1]}
    print(f"{sum(each.values()):8.0f} in all")
    for name, spent in sorted(each.items(), key=lambda item: -item[1]):
        if spent >= 1:
            print(f"{spent:8.0f} {name}")


if __name__ == "__main__":
    main()
