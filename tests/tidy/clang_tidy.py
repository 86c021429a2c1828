#!/usr/bin/env python3
"""clang-tidy over every source of the product, on all cores, at the lowest priority.

A file that passed is passed over until it, a header it includes, or the rules change: what passed
is remembered in build/clang/tidy.json by a sum over all of these. Needs build/clang, built.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "clang"
MEMORY = BUILD / "tidy.json"
CHECKED = re.compile(r"(base|io|wal|partition|broker)/.*\.c|protocol/[a-z0-9_]*\.c")


def dependencies():
    """Source path to all files of ours it was compiled from, as the build knows them."""
    found = {}
    text = subprocess.check_output(["ninja", "-C", str(BUILD), "-t", "deps"], text=True)
    for block in text.split("\n\n"):
        paths = [pathlib.Path(line.strip()) for line in block.splitlines()[1:] if line.strip()]
        ours = [path.relative_to(ROOT) for path in paths if path.is_relative_to(ROOT)]
        if ours:
            found[str(ours[0])] = ours
    return found


def total(name, files, rules):
    text = hashlib.sha256(rules)
    for path in sorted(files) + [pathlib.Path(name)]:
        text.update((ROOT / path).read_bytes())
    return text.hexdigest()


def check(name):
    done = subprocess.run(["nice", "-n", "19", "clang-tidy", "-p", str(BUILD), "--quiet", name],
                          cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return name, done.returncode == 0, done.stdout


def main():
    names = subprocess.check_output(["git", "ls-files", "*.c"], cwd=ROOT, text=True).split()
    names = [name for name in names if CHECKED.fullmatch(name)]
    rules = (ROOT / ".clang-tidy").read_bytes() + subprocess.check_output(["clang-tidy",
                                                                          "--version"])
    known = dependencies()
    missing = [name for name in names if name not in known]
    if missing:
        print(f"not built with clang: {' '.join(missing)}")
        return 1
    sums = {name: total(name, known[name], rules) for name in names}
    remembered = json.loads(MEMORY.read_text()) if MEMORY.exists() else {}
    good = {name for name in names if remembered.get(name) == sums[name]}
    # The longest first, so that the last ones end together.
    waiting = sorted(set(names) - good, key=lambda name: -(ROOT / name).stat().st_size)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, passed, text in pool.map(check, waiting):
            if passed:
                good.add(name)
            else:
                print(f"{name}:\n{text}")
    MEMORY.write_text(json.dumps({name: sums[name] for name in sorted(good)}, indent=1))
    print(f"{len(good)} passed, {len(names) - len(good)} failed")
    return 0 if len(good) == len(names) else 1


if __name__ == "__main__":
    sys.exit(main())
