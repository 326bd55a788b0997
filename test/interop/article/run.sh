#!/usr/bin/env bash
# The article's collector, end to end: its configuration unchanged, and what `signalbox lint --fix` makes of it, between stand-ins for Jaeger,
# Loki, a scraped service and the Kubernetes API, read by a real Prometheus. All of it in network namespaces of its own. See README.md.
# Ends with "N passed, N failed" and an exit code to match; skips, and says why, where something that it needs is missing.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../../.. && pwd)
work="$root/test/interop/.work"
mkdir -p "$work/bin"

skip() {
  echo "article: SKIPPED: $1"
  echo '0 passed, 0 failed'
  exit 0
}

[ -f "$root/../shared/article/otel-collector-config.yaml" ] || skip "the article's files are not beside this repository"
for tool in ip unshare nsenter openssl; do
  command -v "$tool" >/dev/null || skip "there is no $tool here"
done
own=(--net --mount --propagation private)
[ "$(id -u)" = 0 ] || own=(--map-root-user "${own[@]}")
unshare "${own[@]}" true 2>/dev/null || skip 'network namespaces are not allowed here'

# A build takes some ten minutes of CPU, once: PROMETHEUS=/path/to/prometheus takes another, --without-prometheus reads :8889 itself.
prometheus=${PROMETHEUS:-$work/bin/prometheus}
if [ "${1:-}" = --without-prometheus ]; then
  prometheus=
elif [ ! -x "$prometheus" ]; then
  command -v go >/dev/null || skip 'there is no Prometheus, and no Go to build it with (--without-prometheus leaves it out)'
  echo 'article: building Prometheus (ten minutes of CPU, once)'
  (cd "$work" && GOBIN="$work/bin" CGO_ENABLED=0 go install github.com/prometheus/prometheus/cmd/prometheus@v0.316.0)
fi

[ -d "$root/node_modules" ] || npm --prefix "$root" ci
exec env PROMETHEUS="$prometheus" unshare "${own[@]}" bash namespaces.sh "$root/node_modules/.bin/node" check.ts
