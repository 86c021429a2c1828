#!/usr/bin/env python3
"""Odradek and Apache Kafka side by side: the same machine, client and loads, one broker at a time.

In each round every broker takes every case, in turns whose order alternates; before each turn
yardsticks tell what the machine carries just then: servers that answer at once, or only make
durable what arrives. Each figure goes to results.jsonl as soon as it is there, so that a run
may be stopped and another one goes on; the report is made of all that stands in that file.
"""
import argparse
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from compare import (cases, machine, markdown, memory, page, plan, results,  # noqa: E402
                     yardsticks)
from compare.brokers import BROKERS, JARS, ROOT, Failed  # noqa: E402

# What may go wrong in one case, or with one broker, while the others go on.
TROUBLES = (Failed, OSError, ValueError, LookupError, ArithmeticError, AssertionError, struct.error,
            subprocess.SubprocessError)
# Under all loads: what Java has compiled, and what the disk has allocated, is not what is measured.
WARM_TOPIC = ["-t", "warm", "-p", 16, "--create-topic", "--acks", "all", "-s", 256]


def chosen(given, known, what):
    names = given.split(",") if given else list(known)
    for name in names:
        if name not in known:
            raise SystemExit(f"compare_kafka: there is no {what} '{name}'; there are "
                             f"{', '.join(known)}")
    return names


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--rounds", type=int, default=3, help="how often each broker takes each case [3]")
    add("--seconds", type=int, default=6, help="each load is measured for so long [6]")
    add("--warmup", type=int, default=2, help="each load runs for so long before that [2]")
    add("--heat", type=int, default=20, help="load on a new broker before its first case [20]")
    add("--cases", default="", help="these, with commas between; see --list [all but long]")
    add("--long-seconds", type=int, default=600, help="of the case long [600]")
    add("--brokers", default="odradek,kafka,kafka-flush",
        help=f"of {','.join(BROKERS)}; ratios are to the first [odradek,kafka,kafka-flush]")
    add("--quick", action="store_true", help="one round, short loads, without the largest cases: "
        "about ten minutes")
    add("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings",
        help="a setting of Odradek's, in all its variants; may be repeated")
    add("--broker-cpus", default="", metavar="LIST", help="taskset -c of the brokers")
    add("--client-cpus", default="", metavar="LIST", help="taskset -c of the clients")
    add("--fetch-mib", type=int, default=512, help="size of the topic that is read [512]")
    add("--settle", type=int, default=5, help="seconds before it is read [5]")
    add("--cold-memory", action="store_true", help="do not fill the page cache before each case, "
        "though the hypervisor takes free memory back")
    add("--home", type=pathlib.Path, default=ROOT / "build" / "compare" / "data",
        help="where the brokers have their directories [build/compare/data]")
    add("--out", type=pathlib.Path, default=ROOT / "build" / "compare",
        help="where results.jsonl and the reports are [build/compare]")
    add("--fresh", action="store_true", help="forget what earlier runs have measured")
    add("--report", action="store_true", help="only make the reports of what was measured")
    add("--list", action="store_true", help="tell the cases")
    options = parser.parse_args()
    # The brokers run in directories of their own.
    options.home, options.out = options.home.resolve(), options.out.resolve()
    if options.quick:
        options.rounds, options.seconds, options.warmup, options.heat = 1, 2, 1, 12
        options.fetch_mib, options.settle = 96, 2
    usual = [name for name, case in cases.CASES.items()
             if not case.asked and not (options.quick and case.heavy)]
    given = chosen(options.cases, cases.CASES, "case")
    options.cases = [name for name in cases.CASES if name in (given if options.cases else usual)]
    options.brokers = chosen(options.brokers, BROKERS, "broker")
    return options


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


class Run:
    def __init__(self, options):
        self.options = options
        self.noted = set()
        self.noted_at = time.time()
        self.path = options.out / "results.jsonl"
        self.filler = memory.Filler(options.home, memory.taken_back() and not options.cold_memory)
        options.out.mkdir(parents=True, exist_ok=True)
        options.home.mkdir(parents=True, exist_ok=True)
        if options.fresh:
            self.path.unlink(missing_ok=True)

    def note(self, round_, broker, case, **more):
        """Figures, or the trouble that there are none."""
        self.noted.add((round_, broker, case))
        now = time.time()
        results.append(self.path, {"round": round_, "broker": broker, "case": case,
                                   "time": round(now), "took": round(now - self.noted_at, 1),
                                   **more})
        self.noted_at = now
        told = ", ".join(f"{figure} {results.number(value)}" for figure, value in
                         more.get("figures", {}).items())
        say(f"round {round_} {broker} {case}: {told or results.short(more['trouble'], 600)}")
        if "line" in more:
            say(more["line"])

    def measure(self, round_, turn, name):
        """A case that fails is told, and the others go on: on a broker that was started again, if
        it is gone."""
        turn.commands, turn.line = [], None
        broker = turn.broker
        if not broker.runs():
            broker.start()
        self.filler.fill()
        try:
            figures = cases.CASES[name].run(turn)
            if not broker.runs():
                raise Failed("it ended meanwhile")
        except cases.Skipped as reason:
            self.note(round_, broker.name, name, trouble=f"skipped: {reason}")
        except TROUBLES as reason:
            gone = "" if broker.runs() else f"; the broker is gone: {broker.last_words()}"
            self.note(round_, broker.name, name,
                      trouble=f"failed: {type(reason).__name__}: {reason}{gone}")
        else:
            line = {"line": turn.line} if turn.line else {}
            self.note(round_, broker.name, name, figures=figures, commands=turn.commands, **line)

    def yardsticks(self, round_, broker):
        seconds = yardsticks.seconds_each(self.options)
        for name in yardsticks.needed(cases.CASES[case] for case in self.options.cases):
            try:
                figures, commands = yardsticks.YARDSTICKS[name].measure(self.options.home, seconds)
            except TROUBLES as reason:
                self.note(round_, broker, name, trouble=f"failed: {reason}")
            else:
                self.note(round_, broker, name, figures=figures, commands=commands)

    def part(self, round_, kind, part, names):
        """The cases of one part, on a broker of their own."""
        processors = self.options.broker_cpus, self.options.client_cpus
        settings = self.options.settings if kind.name.startswith("odradek") else []
        if part == "pinned":
            apart = machine.processors_apart()
            if apart is None:
                for name in names:
                    self.note(round_, kind.name, name, trouble="skipped: there is one processor")
                return
            processors = apart
            settings = [*settings, *kind.one_core]
        broker = kind(self.options.home / kind.name, processors[0], settings)
        try:
            broker.prepare()
            turn = cases.Turn(broker, self.options, processors[1])
            turn.started = broker.start()
            if part != "standing":
                turn.bench(*WARM_TOPIC, "-c", 128, "-w", 0, "-d", f"{self.options.heat}s",
                           "--delete-topic-after")
            for name in names:
                self.measure(round_, turn, name)
            broker.stop()
        except TROUBLES as reason:
            for name in names:
                if (round_, kind.name, name) not in self.noted:
                    self.note(round_, kind.name, name, trouble=f"failed: {reason}")
        finally:
            broker.close()

    def turn(self, round_, name, first_round):
        self.filler.fill()
        self.yardsticks(round_, name)
        for part in plan.PARTS:
            names = plan.taken(self.options, name, part, first_round)
            if names:
                self.part(round_, BROKERS[name], part, names)

    def go(self):
        results.append(self.path, {"machine": machine.describe(self.options.home,
                                                               self.filler.wanted),
                                   "command": " ".join(sys.argv)})
        done = [r["round"] for r in results.load(self.path) if "round" in r]
        first = max(done, default=0) + 1
        begin = self.noted_at = time.time()
        for round_ in range(first, first + self.options.rounds):
            order = self.options.brokers
            for name in order if round_ % 2 == 1 else reversed(order):
                self.turn(round_, name, round_ == first)
            say(f"round {round_} is done: {(time.time() - begin) / 60:.1f} minutes in all")

    def leave_nothing(self):
        """What a signal at the wrong moment leaves running, or on the disk."""
        for pid in machine.children():
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        for name in self.options.brokers:
            shutil.rmtree(self.options.home / name, ignore_errors=True)
        self.filler.close()

    def report(self):
        records = results.load(self.path)
        order = {name: at for at, name in enumerate(BROKERS)}
        measured = [r for r in records if "case" in r]
        measured.sort(key=lambda r: order.get(r["broker"], len(order)))
        records = [r for r in records if "machine" in r] + measured
        if not any("figures" in r for r in records):
            say("nothing is measured yet")
            return
        texts = {name: yardstick.text for name, yardstick in yardsticks.YARDSTICKS.items()}
        texts |= {name: case.text for name, case in cases.CASES.items()}
        held = {name: (case.held, yardsticks.YARDSTICKS[case.held.yardstick].figure)
                for name, case in cases.CASES.items() if case.held is not None}
        markdown.write(self.options.out / "report.md", records, texts, held)
        results.write_csv(self.options.out / "report.csv", records, held)
        page.write(self.options.out / "report.html", records, texts, held)
        say(f"reports: {self.options.out}/report.md, report.csv, report.html")


class Stopped(BaseException):
    """By a signal; nobody takes it for the trouble of a case."""

    def __init__(self, number):
        super().__init__(number)
        self.number = number


STOPPED_BY = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def stop(number, _):
    raise Stopped(number)


def main():
    options = parse()
    if options.list:
        for name, case in cases.CASES.items():
            print(f"{name:20} {case.text}")
        return 0
    if any(name.startswith("kafka") for name in options.brokers) and not options.report:
        if not any(JARS.glob("kafka-server-*.jar")):
            raise SystemExit("compare_kafka: build/kafka is empty: ./dev bench fetches it")
    if not options.report:
        say(plan.told(options))
    run = Run(options)
    if options.report:
        run.report()
        return 0
    status = 0
    for number in STOPPED_BY:
        # Under nohup the terminal may go.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, stop)
    try:
        run.go()
    except Stopped as reason:
        say("stopped; what was measured is kept")
        status = 128 + reason.number
    finally:
        for number in STOPPED_BY:
            signal.signal(number, signal.SIG_IGN)
        run.leave_nothing()
        run.report()
    return status


if __name__ == "__main__":
    sys.exit(main())
