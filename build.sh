#!/usr/bin/env bash
# Puts release builds of etcd, etcdctl and etcdutl into DIR. Each is one file that starts by itself; it needs
# the .NET 10 runtime (with ASP.NET Core), nothing else of this repository.
#   usage: ./build.sh DIR
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: ./build.sh DIR" >&2; exit 2; }
mkdir -p "$1"
programs=$(cd "$1" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")"

case $(uname -m) in
    x86_64) runtime=linux-x64 ;;
    aarch64) runtime=linux-arm64 ;;
    *) echo "build.sh: no release build for processor $(uname -m)" >&2; exit 1 ;;
esac

# An output tree of its own keeps these builds apart from those of an editor or a test run in the same clone.
dotnet msbuild build/Programs.proj -restore -target:Publish -nologo -verbosity:quiet -nodeReuse:false -maxCpuCount \
    -property:RuntimeIdentifier="$runtime" \
    -property:UseSharedCompilation=true -property:UseArtifactsOutput=true -property:ArtifactsPath="$PWD/artifacts/release" \
    -property:ProgramsDirectory="$programs/"

for program in etcd etcdctl etcdutl; do
    [ -x "$programs/$program" ] || { echo "build.sh: $program was not built" >&2; exit 1; }
done
