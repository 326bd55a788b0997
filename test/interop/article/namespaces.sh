#!/usr/bin/env bash
# Run in a network and a mount namespace of its own, which becomes the side of the stand-ins (10.77.0.2). Makes another network namespace for
# the collector (10.77.0.1), joins both, and runs a command, which finds the collector's in $COLLECTOR_NETWORK.
set -euo pipefail

# Names as the article's file has them, the folder of a pod's service account, and a folder for queues that nobody else sees.
scratch=$(mktemp -d)
printf '127.0.0.1 localhost\n10.77.0.1 otel-collector\n10.77.0.2 jaeger loki legacy-service\n' >"$scratch/hosts"
mount --bind "$scratch/hosts" /etc/hosts
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/lib
mkdir -p /run/secrets/kubernetes.io/serviceaccount
[ -e /var/run/secrets ] || mount --bind /run /var/run

ip link set lo up
unshare --net sleep infinity &
holder=$!
trap 'kill "$holder" 2>/dev/null || true; rm -rf "$scratch"' EXIT
until [ "$(readlink "/proc/$holder/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done

ip link add backends type veth peer name collector netns "$holder"
ip addr add 10.77.0.2/24 dev backends
ip link set backends up
nsenter --net="/proc/$holder/ns/net" sh -c 'ip link set lo up; ip addr add 10.77.0.1/24 dev collector; ip link set collector up'

COLLECTOR_NETWORK="/proc/$holder/ns/net" "$@"
