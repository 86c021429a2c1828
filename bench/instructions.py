#!/usr/bin/env python3
"""Compares the instructions of the hot paths with the table beside this file.

    instructions.py [--write]

Each piece of work of build/release/bin/instructions runs under callgrind. More than TOLERANCE
percent above the table fails; so does a piece that the table lacks, or the other way round. So is
a second of odradek-sim counted, over a few seeds without trouble: a slow simulator finds less. What
its clients do changes with each change of the broker, so its tolerance is a wide one.
--write writes the table anew. Counts of another compiler mean nothing: then nothing is compared,
and the reason is printed.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAM = ROOT / "build" / "release" / "bin" / "instructions"
TABLE = ROOT / "bench" / "instructions.tsv"
TOLERANCE = 5
SIMULATOR = ROOT / "build" / "release" / "bin" / "odradek-sim"
SIMULATED = "simulated-second"
SIMULATED_TOLERANCE = 40
SEEDS = ["--first", "300", "--seeds", "8", "--seconds", "4", "--without", "all"]


def ask(*arguments):
    return subprocess.run([PROGRAM, *arguments], check=True, stdout=subprocess.PIPE, text=True,
                          timeout=60).stdout.strip()


def count_simulated():
    """Instructions of a simulated second, of the process that starts the others, too."""
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(["valgrind", "--tool=callgrind", "--trace-children=yes",
                               f"--callgrind-out-file={home}/out.%p", str(SIMULATOR), *SEEDS],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=600)
        outs = [path.read_text() for path in pathlib.Path(home).glob("out.*")]
    seconds = re.search(r"; (\d+) simulated s", done.stdout)
    if done.returncode != 0 or seconds is None:
        raise RuntimeError(f"{SIMULATED}: {done.stdout}{done.stderr}")
    total = sum(int(re.search(r"^totals: (\d+)", out, re.MULTILINE).group(1)) for out in outs)
    return round(total / int(seconds.group(1)))


def count(name):
    """Instructions of one operation."""
    if name == SIMULATED:
        return count_simulated()
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={home}/out",
                               "--toggle-collect=instructions_counted*", str(PROGRAM), name],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=300)
    collected = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or collected is None:
        raise RuntimeError(f"{name}: {done.stdout}{done.stderr}")
    return round(int(collected.group(1)) / int(done.stdout))


def read_table():
    """The compiler of the table, and its counts."""
    lines = TABLE.read_text().splitlines() if TABLE.exists() else ["# none"]
    rows = (line.split("\t") for line in lines[1:])
    return lines[0].removeprefix("# "), {name: int(value) for name, value in rows}


def verdict(name, now, before):
    if now is None or before is None:
        return "FAILED", "only in the table" if now is None else f"{now}, not in the table"
    change = 100 * (now - before) / before
    good = change <= (SIMULATED_TOLERANCE if name == SIMULATED else TOLERANCE)
    return "ok" if good else "FAILED", f"{now}, table {before} ({change:+.1f} %)"


def main():
    compiler = ask("--compiler")
    table_compiler, table = read_table()
    write = "--write" in sys.argv
    if compiler != table_compiler and not write:
        print(f"skipped instructions: the table is of {table_compiler}, this is {compiler}")
        print("0 passed, 0 failed")
        return 0
    names = [SIMULATED] + ask("--list").split()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        counts = dict(zip(names, pool.map(count, names)))
    if write:
        rows = "".join(f"{name}\t{value}\n" for name, value in counts.items())
        TABLE.write_text(f"# {compiler}\n{rows}")
        table = counts
    failed = 0
    every = names + [name for name in table if name not in counts]
    for name in every:
        word, text = verdict(name, counts.get(name), table.get(name))
        failed += word == "FAILED"
        print(f"{word} {name}: {text}")
    print(f"{len(every) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
