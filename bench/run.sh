#!/usr/bin/env bash
# Produce throughput and latency of the release build on this machine: 128 connections, one 256-byte
# record a request, acks=all, on 1 and on 16 partitions. Before each run the null server takes the
# same load for as long: on a noisy machine the two move together, so the ratio of each pair, and
# the median of the ratios, are what can be compared between machines and days.
#
#     bench/run.sh [ROUNDS [SECONDS]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly ROUNDS=${1:-3} SECONDS_EACH=${2:-5} BIN=build/release/bin
home=$(mktemp -d)
broker="" null=""
trap 'kill $broker $null 2>/dev/null || true; wait 2>/dev/null; rm -rf "$home"' EXIT

# A port that was free a moment ago.
free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# load PORT TOPIC PARTITIONS: requests a second, then p50, p99 and p99.9 in ms.
load() {
    "$BIN/odradek-bench" -b "127.0.0.1:$1" -t "$2" -p "$3" -c 128 -s 256 --acks all -w 1s \
        -d "${SECONDS_EACH}s" --json-output "$home/result.json" ${4:+"$4"} >"$home/box" 2>&1 ||
        { cat "$home/box" >&2; exit 1; }
    python3 - "$home/result.json" <<'PYTHON'
import json, sys
result = json.load(open(sys.argv[1]))
latency = result["latency_ms"]["response"]
print(f'{result["messages_per_second"]:.0f}', *(f'{latency[p]:.3f}' for p in ("p50", "p99", "p99.9")))
PYTHON
}

port=$(free_port)
"$BIN/odradek" --data "$home/data" --listen "127.0.0.1:$port" 2>"$home/log" &
broker=$!
"$BIN/kafka_null_server" 0 null 16 >"$home/null" &
null=$!
for _ in $(seq 100); do
    "$BIN/odradek-bench" -b "127.0.0.1:$port" -m metadata -n 1 >/dev/null 2>&1 && break
    sleep 0.05
done
echo "machine: $(nproc) cores, $(uname -r), $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2)"
for _ in $(seq "$ROUNDS"); do
    for partitions in 1 16; do
        read -r null_rate _ < <(load "$(cat "$home/null")" null "$partitions")
        read -r rate p50 p99 p999 < <(load "$port" "p$partitions" "$partitions" --create-topic)
        ratio=$(awk "BEGIN { printf \"%.2f\", $rate / $null_rate }")
        echo "$partitions $ratio" >>"$home/ratios"
        printf 'partitions=%-2s null=%s/s durable=%s/s ratio=%s p50=%sms p99=%sms p99.9=%sms\n' \
            "$partitions" "$null_rate" "$rate" "$ratio" "$p50" "$p99" "$p999"
    done
done
for partitions in 1 16; do
    grep "^$partitions " "$home/ratios" | cut -d' ' -f2 | sort -n |
        awk -v p="$partitions" '{ r[NR] = $1 } END { print "partitions=" p " median ratio=" r[int((NR + 1) / 2)] }'
done
