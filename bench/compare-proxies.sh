#!/usr/bin/env bash
# Compares what a thousand watchers of one key cost this server and real etcd 3.5, each with and without its gRPC proxy.
#   usage: bench/compare-proxies.sh [--watchers N] [--output FILE]      about half a minute
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dotnet build "$repository/bench/Etcd.LoadGenerator" -c Release -nologo -verbosity:quiet >&2
exec "$repository/bench/Etcd.LoadGenerator/bin/Release/net10.0/Etcd.LoadGenerator" compare-proxies "$@"
