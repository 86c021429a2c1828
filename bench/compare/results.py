"""Records of what was measured, one JSON object a line, and what they come to."""
import csv
import json
import statistics

# Figures of which less is better; of the others more is.
LESS = (" ms", " s", "seconds", "MiB", "KiB/connection", "KiB/partition", "us/message", "ms/topic",
        "ms/s", "switches/s", "failed or unsent", "sent again")
# Told only where there were any.
COUNTS = ("failed or unsent", "sent again")
# Beside a case, to hold it against: nobody's merit.
OF_THE_MACHINE = ("plain read MB/s", "fio MB/s")
# In place of a figure, where there is nothing to tell.
NONE = "-"
LEGEND = ("Medians of the rounds, in brackets the least and the most. A ratio tells how many times "
          "better the first broker's median is: above 1 it is ahead. Parts of a yardstick are of "
          "what the machine did before the same turn, without a broker: of requests as large, made "
          "durable by a server that does nothing else, or of bytes sent from its memory. Kafka as "
          "it comes does not wait for the disk, and may pass it. A dash: not measured for this "
          "broker, or nothing to compare.")


def append(path, record):
    """On the disk before the next case begins."""
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
        file.flush()


def load(path):
    """The last line may be torn, when the machine went away."""
    records = []
    if not path.exists():
        return records
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return records


def less_is_better(figure):
    return figure.endswith(LESS)


class Summary:
    """Of one figure of one broker in one case."""

    def __init__(self, values):
        self.median = statistics.median(values)
        self.least = min(values)
        self.most = max(values)
        self.count = len(values)


def gather(records):
    """{case: {figure: {broker: Summary}}}, in the order in which they first came."""
    values = {}
    counted = {(record["case"], figure) for record in records
               for figure in record.get("figures", {}) if figure in COUNTS}
    for record in records:
        if "figures" not in record:
            continue
        none = {figure: 0 for figure in COUNTS
                if (record["case"], figure) in counted and figure not in record["figures"]}
        for figure, value in [*record["figures"].items(), *none.items()]:
            values.setdefault(record["case"], {}).setdefault(figure, {}).setdefault(
                record["broker"], []).append(value)
    return {case: {figure: {broker: Summary(of) for broker, of in brokers.items()}
                   for figure, brokers in figures.items()} for case, figures in values.items()}


def shares(records, held):
    """{case: {broker: Summary}} of each figure's part of what its yardstick gave before the same
    turn; `held` tells of which cases: {case: (Held, the yardstick's figure)}."""
    given = {(r["round"], r["broker"], r["case"]): r["figures"] for r in records if "figures" in r}
    values = {}
    for (round_, broker, case), figures in given.items():
        if case not in held:
            continue
        by, figure = held[case]
        of = given.get((round_, broker, by.yardstick), {}).get(figure, 0)
        if of > 0 and by.figure in figures:
            values.setdefault(case, {}).setdefault(broker, []).append(
                figures[by.figure] / by.per_request / of)
    return {case: {broker: Summary(of) for broker, of in brokers.items()}
            for case, brokers in values.items()}


def share_cell(case, figure, parts, held):
    """Of all brokers, beside the figure that is held against the yardstick."""
    if case not in parts or held[case][0].figure != figure:
        return NONE
    return ", ".join(f"{broker} {part.median:.0%}" for broker, part in parts[case].items())


def troubles(records):
    """{case: {broker: the last reason why it has no figures}}; of those that have none."""
    found = {}
    measured = {(r["case"], r["broker"]) for r in records if "figures" in r}
    for record in records:
        if "trouble" in record and (record["case"], record["broker"]) not in measured:
            found.setdefault(record["case"], {})[record["broker"]] = record["trouble"]
    return found


def short(trouble, most=60):
    """Of a reason as much as goes into a cell of a table."""
    printable = "".join(letter if letter.isprintable() else " " for letter in trouble)
    line = " ".join(printable.split()).replace("|", "/")
    return line if len(line) <= most else line[:most - 3] + "..."


def all_troubles(records):
    """Each with where it was, in one line."""
    return [f"round {r['round']}, {r['broker']}, {r['case']}: {short(r['trouble'], 600)}"
            for r in records if "trouble" in r]


def lines_of(records):
    """What cases tell in words."""
    return [f"round {r['round']}, {r['broker']}, {r['case']}: {r['line']}"
            for r in records if "line" in r]


def brokers_of(records):
    return list(dict.fromkeys(record["broker"] for record in records if "case" in record))


def machines_of(records):
    return [record["machine"] for record in records if "machine" in record]


def ratio(case, figure, ours, theirs):
    """How many times better ours is; None where nothing can be told."""
    if case.startswith("yardstick") or figure in OF_THE_MACHINE:
        return None
    if ours.median <= 0 or theirs.median <= 0:
        return None
    return theirs.median / ours.median if less_is_better(figure) else ours.median / theirs.median


def number(value):
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def cell(summary):
    if summary is None:
        return NONE
    if summary.count == 1:
        return number(summary.median)
    return f"{number(summary.median)} ({number(summary.least)} - {number(summary.most)})"


def cell_or_why(of, broker, why):
    """Where there is no figure, the reason; a dash where the case was not run at all."""
    if broker not in of and broker in why:
        return short(why[broker])
    return cell(of.get(broker))


def rows(records, held):
    """Lists of text: case, figure, each broker's cell, each other broker's ratio to the first, and
    their parts of the yardstick."""
    brokers = brokers_of(records)
    why = troubles(records)
    measured = gather(records)
    parts = shares(records, held)
    for case, of in why.items():
        if case not in measured:
            yield [case, "not measured", *(cell_or_why({}, broker, of) for broker in brokers),
                   *[NONE] * len(brokers)]
    for case, figures in measured.items():
        for figure, of in figures.items():
            first = of.get(brokers[0])
            ratios = []
            for broker in brokers[1:]:
                times = ratio(case, figure, first, of[broker]) if first and broker in of else None
                ratios.append(NONE if times is None else f"{times:.2f}")
            yield [case, figure, *(cell_or_why(of, broker, why.get(case, {}))
                                   for broker in brokers), *ratios,
                   share_cell(case, figure, parts, held)]


def header(records):
    brokers = brokers_of(records)
    return ["case", "figure", *brokers, *(f"{brokers[0]} : {other}" for other in brokers[1:]),
            "of the yardstick"]


def write_csv(path, records, held):
    """A part of the yardstick is a figure like the others here."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["case", "figure", "broker", "median", "least", "most", "count"])
        for case, figures in gather(records).items():
            for figure, of in figures.items():
                for broker, s in of.items():
                    writer.writerow([case, figure, broker, s.median, s.least, s.most, s.count])
        for case, of in shares(records, held).items():
            figure = f"{held[case][0].figure} of {held[case][0].yardstick}"
            for broker, s in of.items():
                writer.writerow([case, figure, broker, s.median, s.least, s.most, s.count])


def commands(records):
    last = {}
    for record in records:
        if record.get("commands"):
            last[record["broker"], record["case"]] = record["commands"]
    return [command for of in last.values() for command in of]
