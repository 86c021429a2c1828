"""Records of what was measured, one JSON object a line, and what they come to."""
import csv
import json
import statistics

# Figures of which less is better; of the others more is.
LESS = (" ms", " s", "seconds", "MiB", "KiB/connection", "us/message", "ms/topic", "ms/s",
        "switches/s", "failed or unsent", "sent again")


# Beside a case, to hold it against: nobody's merit.
OF_THE_MACHINE = ("plain read MB/s", "fio MB/s")


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
    for record in records:
        for figure, value in record.get("figures", {}).items():
            values.setdefault(record["case"], {}).setdefault(figure, {}).setdefault(
                record["broker"], []).append(value)
    return {case: {figure: {broker: Summary(of) for broker, of in brokers.items()}
                   for figure, brokers in figures.items()} for case, figures in values.items()}


def troubles(records):
    """{case: {broker: the last reason why it has no figures}}; of those that have none."""
    found = {}
    measured = {(r["case"], r["broker"]) for r in records if "figures" in r}
    for record in records:
        if "trouble" in record and (record["case"], record["broker"]) not in measured:
            found.setdefault(record["case"], {})[record["broker"]] = record["trouble"]
    return found


def short(trouble):
    """Of a reason as much as goes into a cell."""
    line = trouble.splitlines()[0]
    return line if len(line) <= 60 else line[:57] + "..."


def brokers_of(records):
    return list(dict.fromkeys(record["broker"] for record in records if "case" in record))


def machines_of(records):
    return [record["machine"] for record in records if "machine" in record]


def ratio(case, figure, ours, theirs):
    """How many times better ours is; None where nothing can be told."""
    if case.startswith("yardstick") or figure in OF_THE_MACHINE:
        return None
    if ours.median == 0 or theirs.median == 0:
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
        return ""
    if summary.count == 1:
        return number(summary.median)
    return f"{number(summary.median)} ({number(summary.least)} - {number(summary.most)})"


def cell_or_why(of, broker, why):
    """Where there is no figure, the reason; nothing where the case was not run at all."""
    if broker not in of and broker in why:
        return short(why[broker])
    return cell(of.get(broker))


def rows(records):
    """Lists of text: case, figure, each broker's cell, each other broker's ratio to the first."""
    brokers = brokers_of(records)
    why = troubles(records)
    measured = gather(records)
    for case, of in why.items():
        if case not in measured:
            yield [case, "not measured", *(cell_or_why({}, broker, of) for broker in brokers),
                   *[""] * (len(brokers) - 1)]
    for case, figures in measured.items():
        for figure, of in figures.items():
            first = of.get(brokers[0])
            ratios = []
            for broker in brokers[1:]:
                times = ratio(case, figure, first, of[broker]) if first and broker in of else None
                ratios.append("" if times is None else f"{times:.2f}")
            yield [case, figure, *(cell_or_why(of, broker, why.get(case, {}))
                                   for broker in brokers), *ratios]


def header(records):
    brokers = brokers_of(records)
    return ["case", "figure", *brokers, *(f"{brokers[0]} : {other}" for other in brokers[1:])]


def write_csv(path, records):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["case", "figure", "broker", "median", "least", "most", "count"])
        for case, figures in gather(records).items():
            for figure, of in figures.items():
                for broker, s in of.items():
                    writer.writerow([case, figure, broker, s.median, s.least, s.most, s.count])


def write_markdown(path, records, texts):
    lines = ["# Side by side", ""]
    for machine in machines_of(records):
        lines.append("- " + "; ".join(f"{key}: {value}" for key, value in machine.items()))
    lines += ["", "Medians of the rounds, in brackets the least and the most. The last columns "
              "tell how many times better the first broker's median is: above 1 it is ahead.", ""]
    head = header(records)
    lines += ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows(records)]
    lines += ["", "## Cases", ""]
    lines += [f"- `{case}`: {texts[case]}" for case in gather(records) if case in texts]
    trouble = [r for r in records if "trouble" in r]
    if trouble:
        lines += ["", "## Not measured", ""]
        lines += [f"- round {r['round']}, {r['broker']}, `{r['case']}`: {r['trouble']}"
                  for r in trouble]
    lines += ["", "## Commands", "", "The last of each broker and case.", ""]
    lines += [f"    {command}" for command in commands(records)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def commands(records):
    last = {}
    for record in records:
        if record.get("commands"):
            last[record["broker"], record["case"]] = record["commands"]
    return [command for of in last.values() for command in of]
