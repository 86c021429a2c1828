#!/usr/bin/env bash
# Produce throughput and latency of the release build on this machine: a fresh directory, 128
# connections, one 256-byte record a request, acks=all, on 1 and on 16 partitions, in turn.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly ROUNDS=${1:-3} SECONDS_EACH=${2:-5} PORT=29092
home=$(mktemp -d)
trap 'kill "$broker" 2>/dev/null || true; wait 2>/dev/null; rm -rf "$home"' EXIT
build/release/bin/odradek --data "$home/data" --listen "127.0.0.1:$PORT" \
    --set num.partitions=16 2>"$home/log" &
broker=$!
for _ in $(seq 100); do
    build/release/bin/load -p "$PORT" -c 1 -d 0 -t probe >/dev/null 2>&1 && break
    sleep 0.05
done
echo "machine: $(nproc) cores, $(uname -r), $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2)"
for _ in $(seq "$ROUNDS"); do
    build/release/bin/load -p "$PORT" -c 128 -n 1 -d "$SECONDS_EACH"
    build/release/bin/load -p "$PORT" -c 128 -n 16 -d "$SECONDS_EACH"
done
