#!/usr/bin/env python3
"""How long a start takes: from the program's call to the first answer (ApiVersions).

    bench/start.py [--directory DIR] [--turns N] [PROGRAM...]

In a new directory, again after a clean stop, and after a kill. Several programs take turns, so that
all of them meet the same neighbours. On a busy machine let the scheduler keep the neighbours away:
chrt -f 10 bench/start.py ...
"""
import argparse
import os
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time

from compare.brokers import frame, free_port

PROGRAM = "build/release/bin/odradek"
API_VERSIONS = frame(18, 0)
PATIENCE_S = 30


def answer(port, deadline):
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as s:
                s.sendall(API_VERSIONS)
                if s.recv(4):
                    return
        except OSError:
            pass
        if time.perf_counter() > deadline:
            raise SystemExit("no answer")
        time.sleep(0.0002)


def start(program, directory, end):
    """In milliseconds; the broker is then given the time to do what it does behind its start."""
    port = free_port()
    began = time.perf_counter()
    broker = subprocess.Popen([program, "--data", directory, "--listen", f"127.0.0.1:{port}"],
                              stderr=subprocess.DEVNULL)
    try:
        answer(port, began + PATIENCE_S)
        took = time.perf_counter() - began
        time.sleep(0.3)
    finally:
        broker.send_signal(end)
        broker.wait(PATIENCE_S)
    return took * 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--directory", default=tempfile.gettempdir())
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("programs", nargs="*", default=[PROGRAM])
    arguments = parser.parse_args()
    directory = os.path.join(arguments.directory, f"odradek-start-{os.getpid()}")
    turns = {(p, what): [] for p in arguments.programs for what in ("new", "again", "killed")}
    try:
        for _ in range(arguments.turns):
            for program in arguments.programs:
                shutil.rmtree(directory, ignore_errors=True)
                os.sync()
                turns[program, "new"].append(start(program, directory, signal.SIGTERM))
                turns[program, "again"].append(start(program, directory, signal.SIGKILL))
                turns[program, "killed"].append(start(program, directory, signal.SIGTERM))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    for (program, what), taken in turns.items():
        print(f"{program} {what}: median {statistics.median(taken):.1f} ms "
              f"({min(taken):.1f} to {max(taken):.1f})")


if __name__ == "__main__":
    main()
