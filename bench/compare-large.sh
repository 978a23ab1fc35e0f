#!/usr/bin/env bash
# Compares this server and its tools with real etcd 3.5 on a database of 2 GiB with a million keys, in one run: start, memory, snapshot save and restore,
# compaction, defragmentation. Prints Markdown.
#   usage: bench/compare-large.sh [--prepare] [--rounds N] [--output FILE]
# --prepare fills the data directory that both get copies of (about two minutes, 3 GB) and ends; a run without it fills it if it is missing.
# Takes about five minutes and 15 GB below artifacts/bench-data.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dotnet build "$repository/bench/Etcd.LoadGenerator" -c Release -nologo -verbosity:quiet >&2
exec "$repository/bench/Etcd.LoadGenerator/bin/Release/net10.0/Etcd.LoadGenerator" compare-large "$@"
