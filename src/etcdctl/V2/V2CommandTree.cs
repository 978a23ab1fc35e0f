namespace Etcdctl.V2;

/// <summary>All commands of the v2 API and the flags before them.</summary>
internal static class V2CommandTree
{
    /// <summary>The commands, in the order of help.</summary>
    public static IReadOnlyList<V2Command> Commands { get; } =
    [
        V2BackupCommand.Create(),
        V2MemberCommands.Health(),
        .. V2KeyCommands.Create(),
        .. V2WatchCommands.Create(),
        V2MemberCommands.Members(),
        V2UserCommands.Create(),
        V2RoleCommands.Create(),
        V2AuthCommands.Create(),
        new("help", "Shows a list of commands or help for one command", "[command]"),
    ];

    /// <summary>Flags before the command.</summary>
    public static IReadOnlyList<V2Flag> GlobalFlags { get; } =
    [
        new("debug", V2FlagKind.Switch, "output cURL commands which can be used to reproduce the request"),
        new("no-sync", V2FlagKind.Switch, "don't synchronize cluster information before sending request"),
        new("output", V2FlagKind.Text, "output response in the given format (simple, `extended` or `json`)", "o", "simple", "simple"),
        new("discovery-srv", V2FlagKind.Text, "domain name to query for SRV records describing cluster endpoints", "D", Variable: "ETCDCTL_DISCOVERY_SRV"),
        new("insecure-discovery", V2FlagKind.Switch, "accept insecure SRV records describing cluster endpoints"),
        new("peers", V2FlagKind.Text, "DEPRECATED - \"--endpoints\" should be used instead", "C", Variable: "ETCDCTL_PEERS"),
        new("endpoint", V2FlagKind.Text, "DEPRECATED - \"--endpoints\" should be used instead", Variable: "ETCDCTL_ENDPOINT"),
        new("endpoints", V2FlagKind.Text, "a comma-delimited list of machine addresses in the cluster",
            Default: "http://127.0.0.1:2379,http://127.0.0.1:4001", Variable: "ETCDCTL_ENDPOINTS"),
        new("cert-file", V2FlagKind.Text, "identify HTTPS client using this SSL certificate file", Variable: "ETCDCTL_CERT_FILE"),
        new("key-file", V2FlagKind.Text, "identify HTTPS client using this SSL key file", Variable: "ETCDCTL_KEY_FILE"),
        new("ca-file", V2FlagKind.Text, "verify certificates of HTTPS-enabled servers using this CA bundle", Variable: "ETCDCTL_CA_FILE"),
        new("username", V2FlagKind.Text, "provide username[:password] and prompt if password is not supplied.", "u", Variable: "ETCDCTL_USERNAME"),
        new("timeout", V2FlagKind.Duration, "connection timeout per request", Default: "2s"),
        new("total-timeout", V2FlagKind.Duration, "timeout for the command execution (except watch)", Default: "5s"),
        new("help", V2FlagKind.Switch, "show help", "h"),
        new("version", V2FlagKind.Switch, "print the version", "v"),
    ];
}
