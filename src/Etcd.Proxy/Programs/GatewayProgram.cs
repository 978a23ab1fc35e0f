using System.CommandLine;

using Etcd.Proxy.Gateway;

using Microsoft.Extensions.Logging;

namespace Etcd.Proxy.Programs;

/// <summary><c>etcd gateway start</c>.</summary>
internal static class GatewayProgram
{
    private static readonly Option<string> Listen = FlagValues.Text("listen-addr", "127.0.0.1:23790", "listen address");

    private static readonly Option<TimeSpan> RetryDelay =
        FlagValues.Duration("retry-delay", "1m0s", "duration of delay before retrying failed endpoints");

    private static readonly Option<string> Authorities = FlagValues.Text(
        "trusted-ca-file", "", "path to the client server TLS CA file for verifying the discovered endpoints when discovery-srv is provided.");

    internal static Command Create()
    {
        var start = new Command("start", "start the gateway") { Listen, RetryDelay, Authorities };
        EndpointFlags.AddTo(start);
        start.SetAction((parsed, _) => CommandRun.UntilStoppedAsync(
            isDebug: false, (loggers, cancellationToken) => StartAsync(parsed, loggers, cancellationToken)));
        return new Command("gateway", "gateway related command") { start };
    }

    private static async Task<IAsyncDisposable> StartAsync(ParseResult parsed, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> endpoints = await EndpointFlags
            .FindAsync(parsed, parsed.GetRequiredValue(Authorities), loggers, cancellationToken)
            .ConfigureAwait(false);
        var options = new GatewayOptions(
            ListenAddress.Parse(parsed.GetRequiredValue(Listen)),
            [.. endpoints.Select(ListenAddress.ParseRemote)],
            parsed.GetValue(RetryDelay));
        var gateway = new TcpGateway(options, new GatewayLog(loggers.CreateLogger<TcpGateway>()), TimeProvider.System);
        gateway.Start();
        return gateway;
    }
}
