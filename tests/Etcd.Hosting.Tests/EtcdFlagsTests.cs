using Etcd.Hosting.Settings;

namespace Etcd.Hosting.Tests;

// Unit files, charts and scripts of any release from 3.4 to 3.7 must start this server: what it does not do is answered with a warning or refused with the
// reason, never with "flag provided but not defined".
public sealed class EtcdFlagsTests
{
    private const string OfEtcd = """
        name data-dir wal-dir snapshot-count heartbeat-interval election-timeout initial-election-tick-advance
        listen-peer-urls listen-client-urls listen-client-http-urls max-snapshots max-wals quota-backend-bytes
        backend-bbolt-freelist-type experimental-backend-bbolt-freelist-type backend-batch-interval
        backend-batch-limit max-txn-ops max-request-bytes max-concurrent-streams grpc-keepalive-min-time
        grpc-keepalive-interval grpc-keepalive-timeout socket-reuse-port socket-reuse-address
        enable-grpc-gateway raft-read-timeout raft-write-timeout memory-mlock experimental-memory-mlock
        feature-gates initial-advertise-peer-urls initial-cluster initial-cluster-state initial-cluster-token
        advertise-client-urls discovery discovery-proxy discovery-fallback discovery-token discovery-endpoints
        discovery-dial-timeout discovery-request-timeout discovery-keepalive-time discovery-keepalive-timeout
        discovery-insecure-transport discovery-insecure-skip-tls-verify discovery-cert discovery-key
        discovery-cacert discovery-user discovery-password discovery-srv discovery-srv-name
        strict-reconfig-check pre-vote auto-compaction-mode auto-compaction-retention enable-v2 v2-deprecation
        next-cluster-version-compatible cert-file key-file client-cert-auth client-crl-file trusted-ca-file
        auto-tls client-cert-allowed-hostname client-cert-file client-key-file peer-client-cert-file
        peer-client-key-file peer-cert-file peer-key-file peer-client-cert-auth peer-trusted-ca-file
        peer-auto-tls peer-crl-file peer-cert-allowed-cn peer-cert-allowed-hostname self-signed-cert-validity
        cipher-suites tls-min-version tls-max-version peer-skip-client-san-verification
        experimental-peer-skip-client-san-verification cors host-whitelist auth-token bcrypt-cost
        auth-token-ttl enable-pprof metrics listen-metrics-urls logger log-outputs log-level log-format
        enable-log-rotation log-rotation-config-json warning-unary-request-duration
        experimental-warning-unary-request-duration debug log-output log-package-levels
        enable-distributed-tracing distributed-tracing-address distributed-tracing-service-name
        distributed-tracing-instance-id distributed-tracing-sampling-rate
        experimental-enable-distributed-tracing experimental-distributed-tracing-address
        experimental-distributed-tracing-service-name experimental-distributed-tracing-instance-id
        experimental-distributed-tracing-sampling-rate corrupt-check-time compact-hash-check-time
        compaction-batch-limit compaction-sleep-interval watch-progress-notify-interval downgrade-check-time
        warning-apply-duration bootstrap-defrag-threshold-megabytes max-learners snapshot-catchup-entries
        experimental-corrupt-check-time experimental-compact-hash-check-time
        experimental-compaction-batch-limit experimental-compaction-sleep-interval
        experimental-watch-progress-notify-interval experimental-downgrade-check-time
        experimental-warning-apply-duration experimental-bootstrap-defrag-threshold-megabytes
        experimental-max-learners experimental-snapshot-catchup-entries experimental-initial-corrupt-check
        experimental-compact-hash-check-enabled experimental-enable-lease-checkpoint
        experimental-enable-lease-checkpoint-persist experimental-txn-mode-write-with-shared-buffer
        experimental-stop-grpc-service-on-defrag experimental-enable-v2v3 proxy proxy-failure-wait
        proxy-refresh-interval proxy-dial-timeout proxy-write-timeout proxy-read-timeout force-new-cluster
        unsafe-no-fsync config-file cluster-active-size cluster-remove-delay cluster-sync-interval config force
        max-result-buffer max-retry-attempts peer-heartbeat-interval peer-election-timeout retry-interval
        snapshot v vv
        """;

    public static TheoryData<string> Flags => [.. OfEtcd.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)];

    [Theory, MemberData(nameof(Flags))]
    public void Flag_OfAnyRelease_IsInTheTable(string name) => Assert.Single(SettingsTable.All, setting => setting.Name == name);
}
