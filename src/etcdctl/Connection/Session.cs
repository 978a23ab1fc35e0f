using Etcd.Client;
using Etcdctl.CommandLine;
using Etcdctl.Output;

namespace Etcdctl.Connection;

/// <summary>What a command needs once its arguments are right: a client and a printer, made from the global flags.</summary>
/// <remarks>Never closed: the process ends with the command, and the system closes its connections. Closing them first
/// takes some milliseconds, for code of the framework that is compiled only then.</remarks>
internal sealed class Session
{
    private static readonly TimeSpan ShortestKeepAlive = TimeSpan.FromSeconds(10);

    private readonly EtcdClientOptions _options;

    private Session(EtcdClientOptions options, EtcdClient client, Printer printer)
    {
        _options = options;
        Client = client;
        Printer = printer;
    }

    /// <summary>The client of all endpoints.</summary>
    public EtcdClient Client { get; }

    /// <summary>The printer of the chosen format.</summary>
    public Printer Printer { get; }

    /// <summary>Reads variables and flags; nothing is sent yet.</summary>
    /// <param name="context">The command.</param>
    /// <param name="hasDeadline">Each call ends after <c>--command-timeout</c>.</param>
    /// <exception cref="CommandFailedException">A flag makes no sense, or a file of it cannot be read.</exception>
    public static Session Open(CommandContext context, bool hasDeadline = true)
    {
        EnvironmentFlags.Apply(context);
        FlagSet flags = context.Flags;
        if (flags["debug"].IsOn)
        {
            ListFlags(context);
        }

        IReadOnlyList<string> endpoints = SrvDiscovery.Endpoints(context) ?? flags["endpoints"].Items;
        (string? user, string? password) = UserCredentials.Read(context);
        TimeSpan keepAlive = flags["keepalive-time"].Duration;
        EtcdClientOptions options = new()
        {
            Endpoints = endpoints,
            Tls = TlsFiles.Read(flags),
            User = user,
            Password = password,
            DialTimeout = PositiveOr(flags["dial-timeout"].Duration, Timeout.InfiniteTimeSpan),
            CallTimeout = hasDeadline ? flags["command-timeout"].Duration : null,
            KeepAliveInterval = KeepAliveInterval(keepAlive, hasDeadline ? flags["command-timeout"].Duration : null),
            KeepAliveTimeout = PositiveOr(flags["keepalive-timeout"].Duration, Timeout.InfiniteTimeSpan),
            BlockingUnary = true,
            OnCallFailed = new CallLog(context.Terminal.Error).Write,
        };
        Printer printer = Printer.Create(flags["write-out"].Value, flags["hex"].IsOn, context.Terminal)
            ?? throw CommandFailedException.Because(ExitCode.BadFeature, "unsupported output format");
        return endpoints.Count == 0
            ? throw CommandFailedException.Because(ExitCode.BadConnection, "etcdclient: no available endpoints")
            : new Session(options, new EtcdClient(options), printer);
    }

    /// <summary>A client with the same settings for other endpoints.</summary>
    public EtcdClient ClientFor(params string[] endpoints) => new(_options with { Endpoints = endpoints });

    // As gRPC clients do, ping at most every ten seconds. A call that ends before the first ping needs no timer for it, and
    // starting one is felt in a program that lives for some tens of milliseconds.
    private static TimeSpan? KeepAliveInterval(TimeSpan asked, TimeSpan? deadline)
    {
        TimeSpan interval = asked > ShortestKeepAlive ? asked : ShortestKeepAlive;
        return asked <= TimeSpan.Zero || deadline <= interval ? null : interval;
    }

    private static TimeSpan PositiveOr(TimeSpan duration, TimeSpan otherwise) => duration > TimeSpan.Zero ? duration : otherwise;

    private static void ListFlags(CommandContext context)
    {
        List<Flag> flags = [.. context.Command.FlagsFromAbove()];
        flags.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        foreach (Flag flag in flags)
        {
            context.Terminal.Error.WriteLine(EnvironmentFlags.NameOf(flag) + "=" + flag.ValueInListing);
        }
    }
}
