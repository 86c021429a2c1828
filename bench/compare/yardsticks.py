"""Yardsticks: what the machine carries just then, without a broker. Cases are held against them."""
import re
import subprocess

from compare.brokers import BUILT, Failed
from compare.client import run_bench

SECONDS_MAX = 2
# The write-ahead log is made first, 64 MiB, and the server needs a moment.
EXTRA_SECONDS = 0.5
YARDSTICKS = {}
# Of every turn, whichever cases there are: figures of days on which these differ do not compare.
ALWAYS = ("yardstick-durable", "yardstick-network")


class Yardstick:
    def __init__(self, name, text, figure, measure):
        self.name = name
        self.text = text
        self.figure = figure  # what cases are held against
        self.measure = measure  # of a directory and seconds: figures, and what was run
        YARDSTICKS[name] = self


def io_null_server(home, seconds, connections, request, answer, durable):
    """Requests and bytes a second: those that come, or those that are answered, if these are
    more."""
    path = home / "yardstick"
    sizes = f"{request}:{answer}" if answer else str(request)
    words = [str(word) for word in [BUILT / "io_null_server", "ring", connections, sizes, seconds,
                                    *([path] if durable else [])]]
    try:
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=seconds + 120)
    finally:
        path.unlink(missing_ok=True)
    found = re.search(r"([\d.]+) requests/s", done.stdout)
    if done.returncode != 0 or found is None:
        raise Failed(f"io_null_server: {done.stdout.strip()}")
    rate = float(found.group(1))
    if rate == 0:
        raise Failed("io_null_server answered nothing")
    return {"requests/s": rate, "MB/s": rate * max(request, answer) / 1e6}, [" ".join(words)]


def network(home, seconds):
    server = subprocess.Popen([str(BUILT / "kafka_null_server"), "0", "null", "1"],
                              stdout=subprocess.PIPE)
    output = home / "null.json"
    try:
        port = int(server.stdout.readline())
        words = [str(word) for word in
                 [BUILT / "odradek-bench", "-b", f"127.0.0.1:{port}", "-t", "null", "-c", 128,
                  "-s", 256, "--acks", "all", "-w", "1s", "-d", f"{seconds}s", "--json-output",
                  output]]
        got = run_bench(words, output, seconds + 120)
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
        output.unlink(missing_ok=True)
    return {"messages/s": got["messages_per_second"]}, [" ".join(words)]


def add_durable(name, connections, request):
    Yardstick(name, f"io_null_server: {connections} connections of {request:,} bytes, answered "
              "when a direct, synchronous write is done; before each turn, on the same disk.",
              "requests/s", lambda home, seconds: io_null_server(home, seconds, connections,
                                                                 request, 0, True))


def add_sending(name, connections, answer, told):
    Yardstick(name, f"io_null_server: {connections} connections whose requests of 100 bytes are "
              f"answered by {told} of its own memory; before each turn.",
              "MB/s", lambda home, seconds: io_null_server(home, seconds, connections, 100, answer,
                                                           False))


add_durable("yardstick-durable", 128, 344)
Yardstick("yardstick-network", "odradek-bench, 128 connections of 256 bytes, against "
          "kafka_null_server, which answers at once and keeps nothing; before each turn.",
          "messages/s", network)
# As large as odradek-bench's requests of 64 records of 256 bytes, and of 1,000, with their keys.
add_durable("yardstick-durable-16k", 16, 18100)
add_durable("yardstick-durable-64k", 16, 65700)
# As many requests under way as 16 connections with five each have.
add_durable("yardstick-durable-16k-x5", 80, 18100)
add_durable("yardstick-durable-64k-x5", 80, 65700)
# As many as the cases' consumers.
add_sending("yardstick-send-64k", 4, 64 << 10, "64 KiB")
add_sending("yardstick-send-1m", 4, 1 << 20, "1 MiB")


def needed(cases):
    """Those of a run of these cases."""
    held = {case.held.yardstick for case in cases if case.held is not None}
    return [name for name in YARDSTICKS if name in ALWAYS or name in held]


def seconds_each(options):
    return min(SECONDS_MAX, options.seconds)
