#!/usr/bin/env bash
# From `git clone` to an answering page, and a later start: wall seconds of each.
#   bench/start.sh [PORT]
# The first figure holds the downloads of the package index that pip is set to; the second asks it nothing.
set -euo pipefail
port="${1:-8011}"
here="$(cd "$(dirname "$0")/.." && pwd)"
work="$(mktemp -d)"
trap 'kill "$service" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
service=

answer() { # seconds from now until the page answers
    local begin now
    begin=$(date +%s.%N)
    ("$@" >"$work/log" 2>&1) &
    service=$!
    until curl --silent --fail --max-time 2 "http://127.0.0.1:$port/" >/dev/null 2>&1; do
        kill -0 "$service" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
        sleep 0.1
    done
    now=$(date +%s.%N)
    echo "$now - $begin" | bc
}

stop() {
    pkill -TERM -f "presswatch run --port $port" || true
    wait "$service" 2>/dev/null || true
}

git clone --quiet "$here" "$work/presswatch"
cd "$work/presswatch"
export PRESSWATCH_DATA_DIR="$work/data"
echo "clone to answering page: $(answer bash -c "make setup && exec .venv/bin/presswatch run --port $port") s"
stop
export PIP_NO_INDEX=1
echo "later start, no package index: $(answer bash -c "make setup && exec .venv/bin/presswatch run --port $port") s"
stop
