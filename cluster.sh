#!/usr/bin/env bash
# Starts a cluster of three members on this machine, shows its state, and stops it at Ctrl-C. Its data is there at the next start.
#   usage: ./cluster.sh [DIR]     DIR takes data and logs (default: cluster.etcd)
# PORTS names the members' client ports, each followed by its peer port (default: "2379 22379 32379"); BIN the directory of the programs
# (default: bin, built if it is missing); FLAGS more flags for each member.
set -euo pipefail
directory=$(realpath -m "${1:-cluster.etcd}")
cd "$(dirname "${BASH_SOURCE[0]}")"
bin=${BIN:-bin}
read -ra ports <<<"${PORTS:-2379 22379 32379}"
read -ra flags <<<"${FLAGS:-}"
ready_seconds_max=30

if [ ! -x "$bin/etcd" ] || [ ! -x "$bin/etcdctl" ]; then
    echo "building the programs into $bin (once)"
    ./build.sh "$bin"
fi

cluster='' endpoints=''
for number in "${!ports[@]}"; do
    cluster+=",m$((number + 1))=http://127.0.0.1:$((ports[number] + 1))"
    endpoints+=",127.0.0.1:${ports[number]}"
done

members=()
stop() {
    trap - EXIT INT TERM
    [ ${#members[@]} -eq 0 ] || { kill "${members[@]}" 2>/dev/null || true; wait "${members[@]}" 2>/dev/null || true; }
}
trap stop EXIT
trap 'exit 0' INT TERM

mkdir -p "$directory"
for number in "${!ports[@]}"; do
    client=http://127.0.0.1:${ports[number]} peer=http://127.0.0.1:$((ports[number] + 1))
    "$bin/etcd" --name "m$((number + 1))" --data-dir "$directory/m$((number + 1))" \
        --listen-client-urls "$client" --advertise-client-urls "$client" \
        --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" \
        --initial-cluster "${cluster#,}" --initial-cluster-token "$directory" ${flags[@]+"${flags[@]}"} \
        >>"$directory/m$((number + 1)).log" 2>&1 &
    members+=($!)
done

# Each member says that it is ready in its own log; a member that has ended instead has said why.
for (( waited = 0; ; waited++ )); do
    ready=0
    for number in "${!members[@]}"; do
        if ! kill -0 "${members[number]}" 2>/dev/null; then
            echo "member m$((number + 1)) has ended: $(tail -n 1 "$directory/m$((number + 1)).log")" >&2
            exit 1
        fi
        "$bin/etcdctl" --endpoints "127.0.0.1:${ports[number]}" --command-timeout=1s endpoint health >/dev/null 2>&1 && ready=$((ready + 1))
    done
    [ "$ready" -lt "${#members[@]}" ] || break
    [ "$waited" -lt "$ready_seconds_max" ] || { echo "no cluster after ${ready_seconds_max} s; see $directory/*.log" >&2; exit 1; }
    sleep 1
done

"$bin/etcdctl" --endpoints "${endpoints#,}" endpoint status -w table
echo "data and logs: $directory"
echo "processes: ${members[*]}"
echo "try: $bin/etcdctl --endpoints ${endpoints#,} put greeting hello"
echo "Ctrl-C stops the cluster"
wait -n "${members[@]}" || true
echo "a member has ended; the others go on" >&2
wait
