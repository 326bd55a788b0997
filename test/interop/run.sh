#!/usr/bin/env bash
# Real services in Python, Node and Go send to a real Signalbox: installs what they need into .work (and
# node/node_modules), starts everything on free loopback ports and checks what arrived. See README.md.
# Ends with "N passed, N failed" and an exit code to match.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
work="$PWD/.work"
mkdir -p "$work"
prometheus=v0.316.0
alertmanager=v0.35.0

# Runs a step unless the files it depends on are those of its last success.
step() { # name, files, command...
  local name=$1 files=$2 sum
  shift 2
  # shellcheck disable=SC2086  # a list of files
  sum=$(cat $files | cksum)
  if [ "$(cat "$work/$name.done" 2>/dev/null || true)" = "$sum" ]; then return; fi
  rm -f "$work/$name.done"
  "$@" && printf '%s' "$sum" >"$work/$name.done"
}

install_root() {
  [ -d "$root/node_modules" ] || npm --prefix "$root" ci
}

install_redis() {
  command -v redis-server >/dev/null && return
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo 'no redis-server, and no right to install one' && return
  fi
  apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends redis-server
}

install_python() {
  rm -rf "$work/venv"
  python3 -m venv "$work/venv" && "$work/venv/bin/pip" install --disable-pip-version-check -r python/requirements.txt
}

# Without install scripts: the one there is only prints.
install_node() { (cd node && npm ci --ignore-scripts); }

build_go() { (cd go && go build -o "$work/payment-service" .); }

# Some eight minutes of two processors the first time, so only where it is asked for: INTEROP_PROMETHEUS=build.
build_prometheus() {
  GOBIN="$work/prometheus" go install \
    "github.com/prometheus/prometheus/cmd/prometheus@$prometheus" "github.com/prometheus/prometheus/cmd/promtool@$prometheus"
}

build_amtool() { GOBIN="$work/alertmanager" go install "github.com/prometheus/alertmanager/cmd/amtool@$alertmanager"; }

# Only where a JDK and Maven are there: the checks of JDBC are left out without them.
install_jdbc() {
  rm -rf "$work/jdbc" && mkdir -p "$work/jdbc"
  mvn -q -B -f clickhouse/pom.xml dependency:copy-dependencies "-DoutputDirectory=$work/jdbc" &&
    javac -cp "$work/jdbc/*" -d "$work/jdbc" clickhouse/Jdbc.java
}

names=()
pids=()
begin() { # name, command...
  local name=$1
  shift
  ("$@") >"$work/install-$name.log" 2>&1 &
  names+=("$name")
  pids+=($!)
}

for tool in python3 npm go; do
  command -v "$tool" >/dev/null || { echo "interop: $tool is not installed; it is needed to run the services" && exit 1; }
done

echo 'interop: installing (the first time takes a few minutes)'
begin root install_root
begin redis install_redis
begin python step python python/requirements.txt install_python
begin node step node node/package-lock.json install_node
if command -v javac >/dev/null && command -v mvn >/dev/null; then
  begin jdbc step jdbc 'clickhouse/pom.xml clickhouse/Jdbc.java' install_jdbc
fi
if [ "${INTEROP_PROMETHEUS:-}" = build ] && [ ! -x "$work/prometheus/promtool" ]; then begin prometheus build_prometheus; fi
if [ "${INTEROP_PROMETHEUS:-}" = build ] && [ ! -x "$work/alertmanager/amtool" ]; then begin amtool build_amtool; fi
begin go step go 'go/go.sum go/main.go go/ledger.go go/telemetry.go' build_go
for index in "${!pids[@]}"; do
  wait "${pids[$index]}" || {
    echo "interop: installing ${names[$index]} failed; the end of its log:"
    tail -n 20 "$work/install-${names[$index]}.log"
    exit 1
  }
done

exec "$root/node_modules/.bin/node" check.ts
