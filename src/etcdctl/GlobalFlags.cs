using Etcdctl.CommandLine;

namespace Etcdctl;

/// <summary>The flags of every command.</summary>
internal static class GlobalFlags
{
    public static Flag[] Create() =>
    [
        new("auth-jwt-token", FlagKind.Text, "",
            "JWT token used for authentication (if this option is used, --user and --password should not be set)") { IsLater = true },
        new("cacert", FlagKind.Text, "", "verify certificates of TLS-enabled secure servers using this CA bundle"),
        new("cert", FlagKind.Text, "", "identify secure client using this TLS certificate file"),
        new("command-timeout", FlagKind.Duration, "5s", "timeout for short running command (excluding dial timeout)"),
        new("debug", FlagKind.Switch, "false", "enable client-side debug logging"),
        new("dial-timeout", FlagKind.Duration, "2s", "dial timeout for client connections"),
        new("discovery-srv", FlagKind.Text, "", "domain name to query for SRV records describing cluster endpoints", 'd'),
        new("discovery-srv-name", FlagKind.Text, "", "service name to query when using DNS discovery"),
        new("endpoints", FlagKind.TextList, "127.0.0.1:2379", "gRPC endpoints"),
        new("hex", FlagKind.Switch, "false", "print byte strings as hex encoded strings"),
        new("insecure-discovery", FlagKind.Switch, "true", "accept insecure SRV records describing cluster endpoints"),
        new("insecure-skip-tls-verify", FlagKind.Switch, "false",
            "skip server certificate verification (CAUTION: this option should be enabled only for testing purposes)"),
        new("insecure-transport", FlagKind.Switch, "true", "disable transport security for client connections"),
        new("keepalive-time", FlagKind.Duration, "2s", "keepalive time for client connections"),
        new("keepalive-timeout", FlagKind.Duration, "6s", "keepalive timeout for client connections"),
        new("key", FlagKind.Text, "", "identify secure client using this TLS key file"),
        new("max-recv-bytes", FlagKind.Integer, "0",
            "client-side response receive limit in bytes (if 0, it defaults to \"math.MaxInt32\")") { IsLater = true },
        new("max-request-bytes", FlagKind.Integer, "0",
            "client-side request send limit in bytes (if 0, it defaults to 2.0 MiB (2 * 1024 * 1024).)") { IsLater = true },
        new("password", FlagKind.Text, "",
            "password for authentication (if this option is used, --user option shouldn't include password)"),
        new("user", FlagKind.Text, "", "username[:password] for authentication (prompt if password is not supplied)"),
        new("write-out", FlagKind.Text, "simple", "set the output format (fields, json, protobuf, simple, table)", 'w'),
    ];
}
