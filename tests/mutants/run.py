#!/usr/bin/env python3
"""Mutants (base/mutant.h): none is in the broker, and the simulator catches each of them.

    run.py [--jobs J] [NAME]
"""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / "build" / "release" / "bin"
SECONDS = "5"


def table():
    """Names and sentences, as the simulator knows them."""
    text = subprocess.check_output([BIN / "odradek-sim", "--list"], text=True)
    rows = [line.split(None, 3) for line in text.split("\nmutants", 1)[1].splitlines()[1:]]
    return [(row[0], row[3]) for row in rows]


def check_broker(rows):
    """Neither a name nor a sentence nor the switch is in the program that ships; all of it is in
    the simulator, so that looking for it makes sense."""
    broker = (BIN / "odradek").read_bytes()
    simulator = (BIN / "odradek-sim").read_bytes()
    words = [word for row in rows for word in row] + ["mutant_is"]
    strange = [word for word in words if word.encode() in broker]
    missing = [word for word in words if word.encode() not in simulator]
    for word in strange:
        print(f"odradek has a mutant in it: {word}")
    for word in missing:
        print(f"odradek-sim does not have {word}")
    return not strange and not missing


def main():
    rows = table()
    pure = check_broker(rows)
    print(f"{len(rows)} mutants, {'none' if pure else 'SOME'} in the broker")
    if len(rows) < 30:
        print("that is too few")
        return 1
    caught = subprocess.run([BIN / "odradek-sim", "--mutants", "--seconds", SECONDS, *sys.argv[1:]])
    return 0 if pure and caught.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
