#!/usr/bin/env bash
# What the broker's number of cores, and pinning it and the client, do to the produce path: for each
# way the messages a second, p50 and p99, and what a message cost the broker's and the client's
# processors. The median of the rounds, one way after another in each round.
#
#     bench/threads.sh [ROUNDS [SECONDS]]
#
# Build first: ./dev build release. With fewer than two processors nothing can be pinned apart.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly ROUNDS=${1:-5} SECONDS_EACH=${2:-10} CASES=produce-128-1p,produce-128-16p,produce-64x256
out=$(mktemp -d "${TMPDIR:-/tmp}/odradek-threads-XXXXXX")
trap 'rm -rf "$out"' EXIT

# way NAME BROKER ARGUMENT...: one round of it.
way() {
    python3 bench/compare_kafka.py --rounds 1 --seconds "$SECONDS_EACH" --heat 3 --cases "$CASES" \
        --brokers "$2" --out "$out/$1" --home "$out/data" "${@:3}" 2>"$out/log" ||
        { cat "$out/log" >&2; exit 1; }
}

last=$(($(nproc) - 1))
for _ in $(seq "$ROUNDS"); do
    way "default" odradek
    way "one-core" odradek-1
    way "two-cores" odradek-2
    [ "$last" -gt 0 ] || continue
    way "one-core-apart" odradek-1 --broker-cpus 0 --client-cpus "$last"
    way "two-cores-client-pinned" odradek-2 --client-cpus "$last"
done
echo "machine: $(nproc) processors, $(uname -r),$(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2)"
python3 - "$out" <<'PYTHON'
import pathlib
import sys
sys.path.insert(0, "bench")
from compare import results
FIGURES = ["messages/s", "p50 ms", "p99 ms", "broker CPU us/message", "client CPU us/message"]
print("| way | case | " + " | ".join(FIGURES) + " |\n|" + " --- |" * (len(FIGURES) + 2))
for path in sorted(pathlib.Path(sys.argv[1]).glob("*/results.jsonl"), key=lambda p: p.stat().st_ctime):
    for case, figures in results.gather(results.load(path)).items():
        figures.setdefault("messages/s", figures.get("requests/s"))
        cells = [results.cell(next(iter(figures[f].values()), None)) if f in figures else ""
                 for f in FIGURES]
        print(f"| {path.parent.name} | {case} | " + " | ".join(cells) + " |")
PYTHON
