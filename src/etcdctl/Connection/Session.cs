using System.Net.Security;
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

    private const int SendBytesDefault = 2 * 1024 * 1024;

    private readonly EtcdClientOptions _options;

    private Session(EtcdClientOptions options, EtcdClient client, Printer printer)
    {
        _options = options;
        Client = client;
        Printer = printer;
    }

    /// <summary>The client of all endpoints.</summary>
    public EtcdClient Client { get; }

    /// <summary>TLS settings; <see langword="null"/> for none.</summary>
    public SslClientAuthenticationOptions? Tls => _options.Tls;

    /// <summary>The printer of the chosen format.</summary>
    public Printer Printer { get; }

    /// <summary>Reads variables and flags; nothing is sent yet.</summary>
    /// <param name="context">The command.</param>
    /// <param name="hasDeadline">Each call ends after <c>--command-timeout</c>.</param>
    /// <param name="isLongLived">The command makes many calls, several at a time, rather than one.</param>
    /// <param name="isQuiet">Failed attempts are no news: the command tells of them itself.</param>
    /// <exception cref="CommandFailedException">A flag makes no sense, or a file of it cannot be read.</exception>
    public static Session Open(CommandContext context, bool hasDeadline = true, bool isLongLived = false, bool isQuiet = false)
    {
        EnvironmentFlags.Apply(context);
        FlagSet flags = context.Flags;
        if (flags["debug"].IsOn)
        {
            ListFlags(context);
        }

        IReadOnlyList<string> endpoints = SrvDiscovery.Endpoints(context) ?? flags["endpoints"].Items;
        if (flags["auth-jwt-token"].Value.Length > 0 && flags["user"].Value.Length + flags["password"].Value.Length > 0)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "--auth-jwt-token cannot be given together with --user or --password");
        }

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
            Token = flags["auth-jwt-token"].Value,
            SendBytesMax = BytesOr(flags["max-request-bytes"], SendBytesDefault),
            ReceiveBytesMax = BytesOr(flags["max-recv-bytes"], int.MaxValue),
            BlockingUnary = !isLongLived,
            OnCallFailed = isQuiet ? null : new CallLog(context.Terminal.Error).Write,
        };
        Printer printer = Printer.Create(flags["write-out"].Value, flags["hex"].IsOn, context.Terminal)
            ?? throw CommandFailedException.Because(ExitCode.BadFeature, "unsupported output format");
        return endpoints.Count == 0
            ? throw CommandFailedException.Because(ExitCode.BadConnection, "etcdclient: no available endpoints")
            : new Session(options, new EtcdClient(options), printer);
    }

    /// <summary>A client with the same settings for other endpoints.</summary>
    public EtcdClient ClientFor(params string[] endpoints) => new(_options with { Endpoints = endpoints });

    /// <summary>A client of another cluster, with the same time-outs.</summary>
    public EtcdClient ClientFor(IReadOnlyList<string> endpoints, SslClientAuthenticationOptions? tls, string? user, string? password) =>
        new(_options with { Endpoints = endpoints, Tls = tls, User = user, Password = password, Token = null });

    /// <summary>Clients with the same settings, each with a connection of its own, spread over the endpoints.</summary>
    public List<EtcdClient> SeveralClients(int count)
    {
        List<EtcdClient> clients = [];
        for (int i = 0; i < count; i++)
        {
            int first = i % _options.Endpoints.Count;
            clients.Add(new EtcdClient(_options with { Endpoints = [.. _options.Endpoints.Skip(first), .. _options.Endpoints.Take(first)] }));
        }

        return clients;
    }

    private static int BytesOr(Flag flag, int otherwise) => flag.Number switch
    {
        0 => otherwise,
        > 0 and <= int.MaxValue => (int)flag.Number,
        _ => throw CommandFailedException.Because(ExitCode.BadArguments, $"--{flag.Name} must lie between 0 and {int.MaxValue}"),
    };

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
