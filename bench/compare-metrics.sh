#!/usr/bin/env bash
# Compares the time that GET /metrics takes on this server and on real etcd 3.5, each with a million keys.
#   usage: bench/compare-metrics.sh [--keys N] [--output FILE]      about 1.5 minutes
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dotnet build "$repository/bench/Etcd.LoadGenerator" -c Release -nologo -verbosity:quiet >&2
exec "$repository/bench/Etcd.LoadGenerator/bin/Release/net10.0/Etcd.LoadGenerator" compare-metrics "$@"
