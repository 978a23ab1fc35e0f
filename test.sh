#!/usr/bin/env bash
# Installs what the tests need, builds everything and runs all tests, or those of the named projects.
#   usage: ./test.sh [PROJECT...]        for example ./test.sh Etcd.Bolt.Tests Etcd.Rules
# The last line is the sum over all projects: N passed, N failed, N skipped. The exit code is 0 when none failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 TESTINGPLATFORM_TELEMETRY_OPTOUT=1

# The time one project may take before it counts as hung.
project_minutes_max=30

step() { printf '\n== %s\n' "$*"; }

# The Python clients and curl are real clients of the interoperability tests; with ip they make networks of their own; the shells complete
# etcdctl's commands. Where they cannot be installed (no root, no Debian) those tests say so and are skipped.
install_clients() {
    local packages="python3-etcd python3-etcd3 curl iproute2 dnsmasq-base zsh fish"
    # Its installation starts a service, except where a policy forbids that, as in containers.
    if [ -x /usr/sbin/policy-rc.d ] && ! /usr/sbin/policy-rc.d etcd-discovery start; then packages+=" etcd-discovery"; fi
    if /usr/bin/python3 -c 'import etcd, etcd3' 2>/dev/null && command -v curl >/dev/null && command -v ip >/dev/null \
        && command -v zsh >/dev/null && command -v fish >/dev/null && [ -x /usr/sbin/dnsmasq ] && { [ "${packages%etcd-discovery}" = "$packages" ] || [ -x /usr/bin/discovery.etcd.io ]; }; then
        return
    fi
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "not root: not installed: $packages"; return; }
        as_root=(sudo)
    fi
    command -v apt-get >/dev/null || { echo "no apt-get: not installed: $packages"; return; }
    "${as_root[@]}" apt-get -qq update || echo "apt-get update reported errors"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -y --no-install-recommends install $packages >/dev/null \
        || echo "$packages could not be installed: the tests that need them will be skipped"
}

# Tools of the npm registry that tests run. Where npm is absent or cannot fetch them, those tests say so and are skipped.
install_node_tools() {
    local directory=${XDG_CACHE_HOME:-$HOME/.cache}/etcd-net-tests/node
    local packages=(dockerfilelint@1.8.0 etcd3@1.1.2)
    command -v npm >/dev/null || { echo "no npm: ${packages[*]} cannot be installed"; return; }
    [ "$(cat "$directory/packages" 2>/dev/null)" != "${packages[*]}" ] || return 0
    mkdir -p "$directory"
    if npm install --silent --no-audit --no-fund --prefix "$directory" "${packages[@]}" >/dev/null; then
        echo "${packages[*]}" >"$directory/packages"
    else
        echo "${packages[*]} could not be installed: the tests that need them will be skipped"
    fi
}

# Tools of the NuGet registry, in the same way.
install_dotnet_tools() {
    local directory=${XDG_CACHE_HOME:-$HOME/.cache}/etcd-net-tests/dotnet tool=powershell version=7.6.10
    [ ! -x "$directory/pwsh" ] || return 0
    dotnet tool install "$tool" --version "$version" --tool-path "$directory" >/dev/null \
        || echo "$tool could not be installed: the tests that need it will be skipped"
}

# Real etcd is the reference the interoperability tests compare with. A script beside the repository fetches it.
fetch_real_etcd() {
    local script=${ETCD_SHARED_MATERIAL:-../shared}/tools/get-real-etcd.sh
    if [ -x "$script" ]; then
        "$script" || echo "real etcd could not be fetched: the tests that need it will be skipped"
    fi
}

projects=("$@")
if [ ${#projects[@]} -eq 0 ]; then
    # Rules first: it is quick, and what it finds is quickly mended.
    projects=(Etcd.Rules)
    for file in tests/*.Tests/*.csproj tests/Etcd.Simulation/*.csproj tests/Etcd.Interop/*.csproj; do
        [ -f "$file" ] && projects+=("$(basename "$file" .csproj)")
    done
fi

step "install what the tests need"
install_clients
install_node_tools
install_dotnet_tools
fetch_real_etcd

step "build"
dotnet build Etcd.slnx -nologo -verbosity:quiet -nodeReuse:false

# The programs as users get them: the interoperability tests run these.
./build.sh artifacts/test-bin
export ETCD_TEST_BIN=$PWD/artifacts/test-bin

passed=0 failed=0 skipped=0 broken=()
report=$(mktemp)
trap 'rm -f "$report"' EXIT

count() { # LABEL: the number after "  LABEL: " in the summary of the project that ran last
    sed -n "s/^  $1: \([0-9][0-9]*\)\$/\1/p" "$report" | tail -n 1
}

for project in "${projects[@]}"; do
    step "$project"
    code=0
    timeout --kill-after=10 "${project_minutes_max}m" \
        "tests/$project/bin/Debug/net10.0/$project" --no-progress --no-ansi 2>&1 | tee "$report" || code=$?
    passed=$((passed + $(count succeeded || true) + 0))
    failed=$((failed + $(count failed || true) + 0))
    skipped=$((skipped + $(count skipped || true) + 0))
    case $code in
        0) ;;
        2) broken+=("$project") ;;
        # Ended without a summary (crashed, hung): that is a failure too.
        *) broken+=("$project (exit code $code)"); [ -n "$(count failed)" ] || failed=$((failed + 1)) ;;
    esac
done

step "sum"
if [ ${#broken[@]} -gt 0 ]; then
    printf 'failed: %s\n' "${broken[@]}"
    [ "$failed" -gt 0 ] || failed=1
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
