"""The goals of the project that are told in figures, each beside the figure of a run.

Speeds depend on the machine. So beside a figure stands the part of its yardstick that it comes to,
and beside a goal the part that it was of the yardstick where it was set, as far as that is known.
"""
import operator
from typing import Callable, NamedTuple

from compare import results

SET_ON = ("They were set on a machine where a null server with durable writes took 1.2 GB/s in "
          "requests of 16 KiB and 1.9 GB/s in requests of 64 KiB, from 16 connections.")
# The same of this machine.
HERE = (("16 KiB", "yardstick-durable-16k"), ("64 KiB", "yardstick-durable-64k"))
# Goals in these are told as a part of the yardstick, too.
SPEEDS = ("messages/s", "MB/s")
SENSES = {">=": operator.ge, "<=": operator.le, "<": operator.lt}
HEAD = ["goal", "wanted", "here", "met", "of its yardstick", "where it was set"]


class Goal(NamedTuple):
    text: str
    case: str  # whose yardstick is told, and whose absence
    figure: Callable  # of a function that finds a median by case, figure and, if not ours, broker
    sense: str
    wanted: float
    unit: str
    there: float = None  # the part of the yardstick it was where it was set


def plain(case, figure, scale=1):
    """A figure as it stands, in another unit."""
    return lambda of: of(case, figure) * scale


def times(case, figure, broker):
    return lambda of: of(case, figure) / of(case, figure, broker)


ONE = "one-core-128-1p"
KB_OF_KIB = 1.024
MB_OF_MIB = 1.048576
GOALS = (
    Goal("128 connections of 256 bytes, a core each", ONE, plain(ONE, "messages/s"), ">=", 110000,
         "messages/s"),
    Goal("its p50", ONE, plain(ONE, "p50 ms"), "<", 1.2, "ms"),
    Goal("its p99", ONE, plain(ONE, "p99 ms"), "<", 2.5, "ms"),
    Goal("its p99.9", ONE, plain(ONE, "p99.9 ms"), "<", 6, "ms"),
    Goal("against Kafka in the page cache", ONE, times(ONE, "messages/s", "kafka"), ">=", 2.5,
         "times"),
    Goal("against Kafka on the disk", ONE, times(ONE, "messages/s", "kafka-flush"), ">=", 20,
         "times"),
    Goal("all cores, against Kafka in the page cache", "produce-128-1p",
         times("produce-128-1p", "messages/s", "kafka"), ">=", 2.5, "times"),
    Goal("all cores, against Kafka on the disk", "produce-128-1p",
         times("produce-128-1p", "messages/s", "kafka-flush"), ">=", 20, "times"),
    *(Goal(f"16 connections, batches of 64 of {size}{told}", case, plain(case, "MB/s"), ">=",
           wanted, "MB/s", there)
      for size, of, wanted, there in (("256 bytes", "64x256", 600, 600 / 1200),
                                      ("1 KB", "64x1k", 1000, 1000 / 1900))
      for case, told in ((f"produce-{of}", ""), (f"produce-{of}-x5", ", 5 requests under way"))),
    Goal("fetches of 1 MiB from memory", "fetch-1m-memory", plain("fetch-1m-memory", "MB/s"), ">=",
         3500, "MB/s"),
    Goal("fetches of 64 KiB from memory", "fetch-64k-memory", plain("fetch-64k-memory", "MB/s"),
         ">=", 2500, "MB/s"),
    Goal("fetches of 1 MiB from the disk, of what fio reads", "fetch-1m-disk",
         plain("fetch-1m-disk", "of fio", 100), ">=", 70, "%"),
    Goal("a reader at the end: its p99 behind the producer's", "tail",
         lambda of: of("tail", "p99 ms") - of("tail", "acknowledged p99 ms"), "<=", 1, "ms"),
    Goal("1,000 partitions, of the speed on one", "produce-1000p",
         lambda of: 100 * of("produce-1000p", "messages/s") / of("produce-128-1p", "messages/s"),
         ">=", 80, "%"),
    Goal("start", "start", plain("start", "seconds", 1000), "<", 10, "ms"),
    Goal("resident memory after the start", "memory-0", plain("memory-0", "RSS MiB", MB_OF_MIB),
         "<", 10, "MB"),
    Goal("memory of a partition", "partitions-10000",
         plain("partitions-10000", "KiB/partition", KB_OF_KIB), "<", 2, "KB"),
    Goal("memory of an idle connection", "connections-5000",
         plain("connections-5000", "KiB/connection", KB_OF_KIB), "<", 4, "KB"),
    Goal("idle: waking up", "idle", plain("idle", "context switches/s"), "<=", 0, "times/s"),
)


def ours_of(records):
    """The broker the goals are for; None where none of this project's was measured."""
    return next((name for name in results.brokers_of(records) if name.startswith("odradek")), None)


def finder(records):
    ours = ours_of(records)
    measured = results.gather(records)

    def find(case, figure, broker=ours):
        return measured[case][figure][broker].median
    return find


def row(goal, find, share, why):
    """A goal's cells."""
    try:
        value = goal.figure(find)
        met = "yes" if SENSES[goal.sense](value, goal.wanted) else "no"
        here = f"{results.number(value)} {goal.unit}"
    except (KeyError, ZeroDivisionError):
        here, met = results.short(why) if why else "not measured", "-"
    part = f"{share.median:.0%}" if share is not None and goal.unit in SPEEDS else "-"
    there = f"{goal.there:.0%} of it" if goal.there is not None else "-"
    return [goal.text, f"{goal.sense} {results.number(goal.wanted)} {goal.unit}", here, met,
            part, there]


def rows(records, held):
    """Lists of text, as HEAD has them; none where no broker of ours was measured."""
    ours = ours_of(records)
    if ours is None:
        return []
    find = finder(records)
    shares = results.shares(records, held)
    why = results.troubles(records)
    lines = []
    for goal in GOALS:
        reasons = why.get(goal.case, {})
        reason = reasons.get(ours) or next((f"{broker}: {reason}" for broker, reason in
                                            reasons.items()), None)
        lines.append(row(goal, find, shares.get(goal.case, {}).get(ours), reason))
    return lines


def told(records):
    """What the goals are to be read by, in one paragraph."""
    find = finder(records)
    here = []
    for size, yardstick in HERE:
        try:
            here.append(f"{find(yardstick, 'MB/s') / 1000:.2g} GB/s in requests of {size}")
        except KeyError:
            continue
    return f"{SET_ON} Here it took {' and '.join(here)}." if here else SET_ON
