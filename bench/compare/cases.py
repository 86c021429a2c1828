"""What is measured. A case is a function of a Turn; it returns figures, by name.

A turn is one broker in one round. Its cases come in three parts, each with a process of its own
over a new directory: `standing` ones, from the start of an empty broker to one that is full of
partitions, `load` ones, warmed up together, and `pinned` ones: a broker with one processor, and a
client with another one.
"""
import json
import os
import resource
import socket
import subprocess
import time
from typing import NamedTuple

from compare import machine, trend
from compare.brokers import BUILT, Failed, create_topics, frame, metadata
from compare.client import run_bench

CASES = {}
# A client that takes so much longer than it was asked to hangs. Kafka may take minutes to write,
# durably, what is then read.
PATIENCE_SECONDS = 180
# Connections that are made before their answers are waited for: Kafka's backlog has room for 50,
# and a connection that finds none tries again a second later.
BACKLOG = 32


# Around a load: Odradek's, and Kafka's, which makes topics more slowly.
AROUND_SECONDS = (0.7, 1.5)


class Skipped(Exception):
    """The case cannot run here, with the reason."""


class Held(NamedTuple):
    """What a case's figure, of so many records a request, is to be a part of."""
    yardstick: str
    figure: str = "messages/s"
    per_request: int = 1


SMALL = Held("yardstick-durable")


class Case:
    def __init__(self, function, part, heavy, asked, cost, held):
        self.run = function
        self.part = part
        self.heavy = heavy  # in the first round only, and left out by --quick
        self.asked = asked  # runs only when it is named
        self.cost = cost
        self.held = held
        self.text = " ".join(function.__doc__.split())
        if held is not None:
            self.text += f" Its {held.figure} is held against {held.yardstick}."

    def seconds(self, options, kafka):
        """About how long it takes."""
        if self.cost is None:
            return options.warmup + options.seconds + AROUND_SECONDS[kafka]
        return self.cost(options, kafka)


def takes(ours, theirs):
    """A cost in seconds: Odradek's, and Kafka's."""
    return lambda _, kafka: theirs if kafka else ours


def at_least(seconds, quick):
    """The cost of a load that makes no sense when it is shorter."""
    return lambda options, kafka: (options.warmup + AROUND_SECONDS[kafka] +
                                   (quick if options.quick else max(seconds, options.seconds)))


def longer(ours, theirs):
    """The cost of a load before which there is something else to be done."""
    return lambda options, kafka: (options.warmup + options.seconds + AROUND_SECONDS[kafka] +
                                   (theirs if kafka else ours))


def case(name, part="load", heavy=False, asked=False, cost=None, held=None):
    def add(function):
        CASES[name] = Case(function, part, heavy, asked, cost, held)
        return function
    return add


class Turn:
    """What a case has at hand."""

    def __init__(self, broker, options, client_cpus):
        self.broker = broker
        self.options = options
        self.client_cpus = client_cpus
        self.commands = []
        self.line = None     # what figures do not tell
        self.loaded = 0      # records of the topic that fetch cases read
        self.partitions = 0  # of the topics that standing cases made
        self.started = None
        self.seconds = options.heat  # of the load that is asked for next

    def words(self, *arguments, output):
        words = [BUILT / "odradek-bench", "-b", f"127.0.0.1:{self.broker.port}", *arguments,
                 "--json-output", output]
        if self.client_cpus:
            words = ["taskset", "-c", self.client_cpus, *words]
        return [str(word) for word in words]

    def bench(self, *arguments):
        """The results of odradek-bench; what it ran is kept with the figures."""
        output = self.broker.home / "result.json"
        words = self.words(*arguments, output=output)
        self.commands.append(" ".join(words))
        return run_bench(words, output, self.seconds + PATIENCE_SECONDS)

    def times(self, seconds=None):
        self.seconds = self.options.warmup + (seconds or self.options.seconds)
        return ["-w", f"{self.options.warmup}s", "-d", f"{seconds or self.options.seconds}s"]

    def measured(self, *arguments):
        """Results, with the processor time of both sides for each message, warm-up included."""
        client = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
        broker = machine.cpu_seconds(self.broker.process.pid)
        got = self.bench(*arguments)
        broker = machine.cpu_seconds(self.broker.process.pid) - broker
        client = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - client
        every = sum(point["messages_per_second"] for point in got["points"])
        length = got["points"][0]["seconds"] + self.options.warmup if got["points"] else 0
        figures = {}
        if every * length > 0:
            figures["broker CPU us/message"] = broker * 1e6 / (every * length)
            figures["client CPU us/message"] = client * 1e6 / (every * length)
        return got, figures


def wait_led(broker, partitions=0):
    """Until every partition that is told has a leader, and there are at least so many."""
    deadline = time.monotonic() + 180
    while True:
        asked = time.monotonic()
        _, known, led = metadata(broker.port, True)
        if led == known >= partitions:
            return
        if time.monotonic() > deadline:
            raise Failed(f"{broker.name}: not every partition got a leader")
        time.sleep(max(0.01, min(1, time.monotonic() - asked)))


def latencies(got, name, told=""):
    found = got["latency_ms"].get(name, {})
    return {f"{told}{p} ms": found[p] for p in ("p50", "p99", "p99.9", "max") if p in found}


def failures(got):
    counts = {"failed or unsent": got["failed"] + got["unsent"], "sent again": got["retries"]}
    return {name: count for name, count in counts.items() if count > 0}


def produce(turn, topic, partitions, *arguments, seconds=None, keep=False, touched=False):
    """With `touched` each partition has taken a record before."""
    words = ["-t", topic, "--acks", "all", *arguments, *turn.times(seconds)]
    if not keep:
        # Before the processor time is looked at.
        create_topics(turn.broker.port, [(topic, partitions)])
        wait_led(turn.broker)
        words.append("--delete-topic-after")
    if touched:
        turn.bench("-t", topic, "--acks", "all", "-c", 1, "-s", 256, "-n", partitions, "-d",
                   f"{PATIENCE_SECONDS}s")
    got, figures = turn.measured(*words)
    # Each is told by its end; what came behind the load is none of its intervals.
    end = (seconds or turn.options.seconds) + 0.001
    turn.points = [point for point in got["points"] if 0 < point["seconds"] <= end]
    return {"messages/s": got["messages_per_second"], "MB/s": got["bytes_per_second"] / 1e6,
            **latencies(got, "response"), **figures, **failures(got)}


@case("produce-128-1p", held=SMALL)
def produce_128_1p(turn):
    """128 connections, one record of 256 bytes a request, on one partition."""
    return produce(turn, "p1", 1, "-c", 128, "-s", 256)


@case("produce-128-16p", held=SMALL)
def produce_128_16p(turn):
    """128 connections, one record of 256 bytes a request, on 16 partitions."""
    return produce(turn, "p16", 16, "-c", 128, "-s", 256)


def add_concurrent(count):
    def concurrent(turn):
        return produce(turn, f"c{count}", 1, "-c", count, "-s", 256)
    connections = "One connection" if count == 1 else f"{count} connections"
    concurrent.__doc__ = f"{connections}, one record of 256 bytes a request, on one partition."
    case(f"produce-{count}")(concurrent)


for number in (1, 10, 50, 100):
    add_concurrent(number)


# Batches of 64 records: arguments of the client.
BATCHES = {"64x256": ["-s", 256, "--records-per-batch", 64, "--batch-size", 32768],
           "64x1k": ["-s", 1000, "--records-per-batch", 64, "--batch-size", 131072]}
LONE = ["-c", 16]
# As Kafka's own producers have it: max.in.flight.requests.per.connection is 5.
PIPED = ["-c", 80, "--connections", 16, "--in-flight", 5]


@case("produce-64x256", held=Held("yardstick-durable-16k", per_request=64))
def produce_64x256(turn):
    """16 connections, batches of 64 records of 256 bytes, on 16 partitions."""
    return produce(turn, "b256", 16, *LONE, *BATCHES["64x256"])


@case("produce-64x256-x5", held=Held("yardstick-durable-16k-x5", per_request=64))
def produce_64x256_x5(turn):
    """As produce-64x256, with 5 requests under way on each connection."""
    return produce(turn, "x256", 16, *PIPED, *BATCHES["64x256"])


@case("produce-64x1k", held=Held("yardstick-durable-64k", per_request=64))
def produce_64x1k(turn):
    """16 connections, batches of 64 records of 1 KB, on 16 partitions."""
    return produce(turn, "b1k", 16, *LONE, *BATCHES["64x1k"])


@case("produce-64x1k-x5", held=Held("yardstick-durable-64k-x5", per_request=64))
def produce_64x1k_x5(turn):
    """As produce-64x1k, with 5 requests under way on each connection."""
    return produce(turn, "x1k", 16, *PIPED, *BATCHES["64x1k"])


@case("produce-64k", held=Held("yardstick-durable-64k", per_request=63))
def produce_64k(turn):
    """4 connections with 5 requests under way on each, batches of 64 KiB, on 4 partitions."""
    return produce(turn, "b64k", 4, "-c", 20, "--connections", 4, "--in-flight", 5, "-s", 1000,
                   "--records-per-batch", 63, "--batch-size", 65536)


@case("produce-1000p", held=SMALL, cost=longer(1, 15))
def produce_1000p(turn):
    """128 connections, one record of 256 bytes a request, on 1,000 partitions, each of which has
    one already."""
    return produce(turn, "p1000", 1000, "-c", 128, "-s", 256, touched=True)


@case("tail")
def tail(turn):
    """A producer at 2,000 messages a second and a consumer that waits at the end of the log: from
    the intended send to the consumer."""
    got = turn.bench("-m", "round-trip", "-t", "tail", "-p", 4, "--create-topic", "--acks", "all",
                     "-s", 256, "-c", 64, "--rate-limit", 2000, "--delete-topic-after",
                     *turn.times())
    return {**latencies(got, "end_to_end"), **latencies(got, "response", "acknowledged "),
            **failures(got)}


@case("burst", cost=at_least(20, 12))
def burst(turn):
    """Ten seconds of 5,000 messages a second, ten of 100, over and over; 256 bytes, 16
    partitions."""
    return produce(turn, "burst", 16, "--workload", "burst", "-c", 256, "-s", 256,
                   seconds=12 if turn.options.quick else max(20, turn.options.seconds))


@case("sporadic", cost=at_least(20, 8))
def sporadic(turn):
    """One message every 0.2 to 3 seconds: what a lone message waits."""
    return produce(turn, "sporadic", 1, "--workload", "idle-sporadic", "-c", 4, "-s", 256,
                   seconds=8 if turn.options.quick else max(20, turn.options.seconds))


@case("ramp", cost=at_least(15, 8))
def ramp(turn):
    """A rate that rises from nothing to 50,000 messages a second; 256 bytes, 16 partitions."""
    return produce(turn, "ramp", 16, "--workload", "ramp", "-c", 512, "-s", 256,
                   seconds=8 if turn.options.quick else max(15, turn.options.seconds))


def load_for_fetch(turn):
    """A topic to be read: four partitions, records of 1,000 bytes in batches of 64 KiB."""
    if turn.loaded > 0:
        return
    count = turn.options.fetch_mib * 1000
    got = turn.bench("-t", "fetch", "-p", 4, "--create-topic", "--acks", "all", "-c", 16, "-s",
                     1000, "--records-per-batch", 60, "--batch-size", 65536, "-n", count, "-d",
                     "1h")
    if got["messages"] < count:
        raise Failed(f"only {got['messages']} of {count} records could be written: {got['errors']}")
    turn.loaded = count
    # What is pending goes to the segments, so that the cases read what they are named after.
    time.sleep(turn.options.settle)
    os.sync()


def reading(*arguments):
    return ["-m", "consume", "-t", "fetch", "--reread", "--consumers", 4, *arguments]


def fetched(got):
    return {"MB/s": got["consumed_bytes"] / 1e6 / got["elapsed_seconds"],
            "fetches/s": got["fetches"] / got["elapsed_seconds"], **latencies(got, "fetch"),
            **failures(got)}


def fetch_memory(turn, size):
    load_for_fetch(turn)
    return fetched(turn.bench(*reading("--fetch-bytes", size), *turn.times()))


def fetch_disk(turn, size):
    load_for_fetch(turn)
    files = sorted(turn.broker.data.glob("fetch-*/*.log"))
    machine.drop_from_cache(files)
    sequential = machine.read_sequentially(files)
    machine.drop_from_cache(files)
    fio = machine.read_by_fio(files)
    machine.drop_from_cache(files)
    got = turn.bench(*reading("--fetch-bytes", size, "-w", 0, "-d", "10m", "-n", turn.loaded))
    figures = fetched(got)
    figures["plain read MB/s"] = sequential / 1e6
    figures["of the plain read"] = figures["MB/s"] * 1e6 / sequential
    if fio:
        figures["fio MB/s"] = fio / 1e6
        figures["of fio"] = figures["MB/s"] * 1e6 / fio
    return figures


def add_pinned(like, partitions, *arguments):
    def pinned(turn):
        return produce(turn, like, partitions, *arguments)
    pinned.__doc__ = (f"As produce-{like}. The broker has one processor (Odradek: one core), and "
                      "the client another one.")
    case(f"one-core-{like}", part="pinned", held=CASES[f"produce-{like}"].held)(pinned)


add_pinned("128-1p", 1, "-c", 128, "-s", 256)
add_pinned("128-16p", 16, "-c", 128, "-s", 256)
for batch, shape in BATCHES.items():
    add_pinned(batch, 16, *LONE, *shape)
    add_pinned(f"{batch}-x5", 16, *PIPED, *shape)


@case("long", asked=True, held=SMALL,
      cost=lambda options, _: options.warmup + options.long_seconds + 3)
def long_load(turn):
    """As produce-128-16p, for --long-seconds: whether it slows down meanwhile."""
    figures = produce(turn, "long", 16, "-c", 128, "-s", 256, seconds=turn.options.long_seconds)
    rates = [point["messages_per_second"] for point in turn.points]
    if len(rates) < 2 or sum(rates) == 0:
        raise Failed("hardly anything was acknowledged")
    turn.line = trend.told(turn.points)
    tenth = max(1, len(rates) // 10)
    first, last = sum(rates[:tenth]) / tenth, sum(rates[-tenth:]) / tenth
    if first == 0:
        raise Failed("nothing was acknowledged in the first tenth")
    return {**figures, "first tenth messages/s": first, "last tenth messages/s": last,
            "last tenth of the first": last / first,
            "worst interval of the mean": min(rates) * len(rates) / sum(rates)}


@case("fetch-1m-memory", held=Held("yardstick-send-1m", "MB/s"))
def fetch_1m_memory(turn):
    """Four consumers, fetches of 1 MiB, from the page cache."""
    return fetch_memory(turn, 1 << 20)


@case("fetch-64k-memory", held=Held("yardstick-send-64k", "MB/s"))
def fetch_64k_memory(turn):
    """Four consumers, fetches of 64 KiB, from the page cache."""
    return fetch_memory(turn, 64 << 10)


@case("fetch-1m-disk")
def fetch_1m_disk(turn):
    """Four consumers, fetches of 1 MiB, once through, with nothing of it in the page cache; beside
    it the same files read by plain sequential reads, and by fio: direct reads of 1 MiB, four at a
    time."""
    return fetch_disk(turn, 1 << 20)


@case("fetch-64k-disk")
def fetch_64k_disk(turn):
    """Four consumers, fetches of 64 KiB, once through, with nothing of it in the page cache."""
    return fetch_disk(turn, 64 << 10)


@case("catch-up", cost=longer(2, 2))
def catch_up(turn):
    """128 producers as in produce-128-16p on a topic that another client reads from the start, over
    and over."""
    load_for_fetch(turn)
    seconds = turn.options.warmup + turn.options.seconds + 2
    output = turn.broker.home / "reader.json"
    words = turn.words(*reading("-w", "0", "-d", f"{seconds}s"), output=output)
    turn.commands.append(" ".join(words) + " &")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as reader:
        try:
            figures = produce(turn, "fetch", 4, "-c", 128, "-s", 256, keep=True)
            reader.communicate(timeout=seconds + 60)
        finally:
            reader.kill()
    got = json.loads(output.read_text())
    turn.loaded = 0 if got["failed"] else turn.loaded
    return {**figures, "read MB/s": got["consumed_bytes"] / 1e6 / got["elapsed_seconds"]}


@case("start", part="standing", cost=takes(0, 0))
def start(turn):
    """From nothing to the first answered Metadata, with an empty directory."""
    return {"seconds": turn.started[0]}


@case("memory-0", part="standing", cost=takes(0, 0))
def memory_0(turn):
    """Memory of a broker that was just started, without partitions."""
    return machine.memory(turn.broker.process.pid)


@case("idle", part="standing", cost=lambda options, _: 5 if options.quick else 12)
def idle(turn):
    """What a broker takes while nobody asks for anything: of one second, over ten."""
    time.sleep(2)
    seconds = 3 if turn.options.quick else 10
    pid = turn.broker.process.pid
    cpu, switches = machine.cpu_seconds(pid), machine.context_switches(pid)
    time.sleep(seconds)
    return {"CPU ms/s": (machine.cpu_seconds(pid) - cpu) * 1000 / seconds,
            "context switches/s": (machine.context_switches(pid) - switches) / seconds}


def hold_connections(turn, count):
    """Memory while so many connections stand, each of which was answered once."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count + 100:
        raise Skipped(f"{count} connections need more descriptors than the limit of {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + 100), hard))
    before = machine.memory(turn.broker.process.pid)["PSS MiB"]
    asked = frame(18, 0)
    held = []
    try:
        while len(held) < count:
            new = []
            for _ in range(min(BACKLOG, count - len(held))):
                new.append(socket.create_connection(("127.0.0.1", turn.broker.port), timeout=30))
                new[-1].sendall(asked)
            held += new
            for s in new:
                if len(s.recv(4)) < 4:
                    raise Failed(f"{turn.broker.name} closed one of {count} connections")
        figures = machine.memory(turn.broker.process.pid)
    finally:
        for s in held:
            s.close()
    figures["KiB/connection"] = (figures["PSS MiB"] - before) * 1024 / count
    return figures


@case("connections-1000", part="standing", cost=takes(1, 2))
def connections_1000(turn):
    """Memory with 1,000 connections."""
    return hold_connections(turn, 1000)


@case("connections-5000", part="standing", heavy=True, cost=takes(2, 8))
def connections_5000(turn):
    """Memory with 5,000 connections."""
    return hold_connections(turn, 5000)


@case("topics-each", part="standing", cost=takes(1, 5))
def topics_each(turn):
    """100 topics, one after another, each in a request of its own."""
    begin = time.monotonic()
    for i in range(100):
        create_topics(turn.broker.port, [(f"each-{i}", 1)])
    answered = time.monotonic() - begin
    turn.partitions += 100
    return {"ms/topic": answered * 10}


@case("topics-1000", part="standing", cost=takes(1, 15))
def topics_1000(turn):
    """1,000 topics of one partition, created by one request: until its answer, and until all have
    leaders. Then the memory."""
    begin = time.monotonic()
    create_topics(turn.broker.port, [(f"one-{i}", 1) for i in range(1000)])
    answered = time.monotonic() - begin
    turn.partitions += 1000
    wait_led(turn.broker, turn.partitions)
    led = time.monotonic() - begin
    return {"answered s": answered, "all led s": led, **machine.memory(turn.broker.process.pid)}


def stop_and_start(turn):
    stopped = turn.broker.stop()
    answered, led = turn.broker.start(turn.partitions)
    return {"stop s": stopped, "answered s": answered, "all led s": led}


@case("restart", part="standing", cost=takes(1, 25))
def restart(turn):
    """A clean stop with all these partitions, and the start behind it: to the first answered
    Metadata, and until all have leaders."""
    return stop_and_start(turn)


@case("partitions-10000", part="standing", heavy=True, cost=takes(1, 120))
def partitions_10000(turn):
    """Topics of 1,000 partitions, one after another, until there are 10,000 partitions with those
    of the cases before. Then the memory."""
    before = turn.partitions
    memory = machine.memory(turn.broker.process.pid)["PSS MiB"]
    begin = time.monotonic()
    while turn.partitions < 10000:
        count = min(1000, 10000 - turn.partitions)
        create_topics(turn.broker.port, [(f"many-{turn.partitions}", count)])
        turn.partitions += count
    wait_led(turn.broker, turn.partitions)
    seconds = time.monotonic() - begin
    figures = machine.memory(turn.broker.process.pid)
    made = turn.partitions - before
    return {"all led s": seconds, "partitions/s": made / seconds, **figures,
            "KiB/partition": (figures["PSS MiB"] - memory) * 1024 / made}


@case("restart-10000", part="standing", heavy=True, cost=takes(1, 150))
def restart_10000(turn):
    """The same with 10,000 partitions."""
    if turn.partitions < 10000:
        raise Skipped("it goes with partitions-10000")
    return stop_and_start(turn)
