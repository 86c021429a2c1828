#!/usr/bin/env python3
"""Style as a test: every tracked text against tests/tidy/rules.py; then a few figures."""
import re
import statistics
import subprocess
import sys

from rules import BANNED, PRODUCT, ROOT, File, check_file, functions
from samples import BAD, GOOD

BINARY = (".pem", ".gz", ".bin", ".jar", ".zst")


def check_rules():
    """How many samples fare as they must; prints the others."""
    good = 0
    for path, text, words in BAD:
        problems = check_file(path, text)
        if any(words in problem for problem in problems):
            good += 1
        else:
            print(f"not reported as '{words}': {path}: {text[:70]!r}, but {problems}")
    for path, text in GOOD:
        problems = check_file(path, text)
        good += not problems
        for problem in problems:
            print(f"reported without cause: {problem}")
    total = len(BAD) + len(GOOD)
    for pattern, _ in BANNED:
        if not any(re.search(pattern, text) for _, text, _ in BAD):
            total += 1
            print(f"a rule without a sample: {pattern}")
    return good, total - good


def figures(files):
    """Sizes and density of assertions by layer; a report, no rule."""
    for layer in PRODUCT:
        bodies = [body for file in files if file.folder == layer and file.suffix == ".c"
                  for _, head, body in functions(file) if "(" in head]
        asserts = sum(len(re.findall(r"\bASSERT\(", line)) for body in bodies for line in body)
        print(f"{layer}: {len(bodies)} functions, "
              f"median {statistics.median(map(len, bodies)):.0f} lines, "
              f"{asserts / len(bodies):.2f} assertions a function")


def main():
    passed, failed = check_rules()
    names = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).split()
    files = []
    for name in names:
        if name.endswith(BINARY) or name == "LICENSE" or not (ROOT / name).is_file():
            continue
        text = (ROOT / name).read_text()
        problems = check_file(name, text)
        passed += not problems
        failed += bool(problems)
        for problem in problems:
            print(problem)
        files.append(File(name, text))
    figures(files)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
