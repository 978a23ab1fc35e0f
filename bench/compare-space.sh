#!/usr/bin/env bash
# Deletes four fifths of a large database on this server and on real etcd 3.5, and prints how the files shrink and what puts wait meanwhile.
#   usage: bench/compare-space.sh [--mebibytes N] [--output FILE]      about 4 minutes and 3 GiB of disk with 1024 MiB
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dotnet build "$repository/bench/Etcd.LoadGenerator" -c Release -nologo -verbosity:quiet >&2
exec "$repository/bench/Etcd.LoadGenerator/bin/Release/net10.0/Etcd.LoadGenerator" compare-space "$@"
