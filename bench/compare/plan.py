"""What a run consists of: which cases each broker takes in which round, and how long that takes."""
from compare import cases, yardsticks
from compare.brokers import BROKERS

PARTS = ("standing", "load", "pinned")
# To make a directory, start, and stop: Odradek, and Kafka, whose format is a process of its own.
START_SECONDS = (1, 12)
FETCH_LOAD_SECONDS = 12


def taken(options, name, part, first_round):
    """The cases of a part, in their order. What is heavy is measured once."""
    if part not in BROKERS[name].parts:
        return []
    return [case for case in options.cases if cases.CASES[case].part == part and
            (first_round or not cases.CASES[case].heavy)]


def turn_seconds(options, name, first_round):
    kafka = name.startswith("kafka")
    each = yardsticks.seconds_each(options) + yardsticks.EXTRA_SECONDS
    total = each * len(yardsticks.needed(cases.CASES[case] for case in options.cases))
    for part in PARTS:
        names = taken(options, name, part, first_round)
        if names:
            total += START_SECONDS[kafka] + sum(cases.CASES[case].seconds(options, kafka)
                                                for case in names)
            total += options.heat if part != "standing" else 0
            if any(case.startswith("fetch") for case in names):
                total += options.settle + FETCH_LOAD_SECONDS
    return total


def seconds(options):
    """About how long the whole run takes, by broker."""
    return {name: sum(turn_seconds(options, name, round_ == 0) for round_ in range(options.rounds))
            for name in options.brokers}


def told(options):
    each = seconds(options)
    by_broker = ", ".join(f"{name} {total / 60:.0f}" for name, total in each.items())
    return (f"{len(options.cases)} cases, {options.rounds} rounds: about "
            f"{sum(each.values()) / 60:.0f} minutes ({by_broker})")
