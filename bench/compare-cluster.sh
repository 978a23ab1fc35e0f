#!/usr/bin/env bash
# Compares three members of ours with three of real etcd 3.5 under the same loads in one run and prints the ratios as Markdown.
#   usage: bench/compare-cluster.sh [--rounds N] [--seconds S] [--only TEXT] [--output FILE]      about 2 minutes
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dotnet build "$repository/bench/Etcd.LoadGenerator" -c Release -nologo -verbosity:quiet >&2
exec "$repository/bench/Etcd.LoadGenerator/bin/Release/net10.0/Etcd.LoadGenerator" compare-clusters "$@"
