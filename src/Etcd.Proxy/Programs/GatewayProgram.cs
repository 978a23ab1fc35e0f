using System.CommandLine;

using Etcd.Proxy.Gateway;

using Microsoft.Extensions.Logging;

namespace Etcd.Proxy.Programs;

/// <summary><c>etcd gateway start</c>.</summary>
internal static class GatewayProgram
{
    private static readonly Option<string> Endpoints = FlagValues.Text("endpoints", "127.0.0.1:2379", "comma separated etcd cluster endpoints");

    private static readonly Option<string> Listen = FlagValues.Text("listen-addr", "127.0.0.1:23790", "listen address");

    private static readonly Option<TimeSpan> RetryDelay =
        FlagValues.Duration("retry-delay", "1m0s", "duration of delay before retrying failed endpoints");

    internal static Command Create()
    {
        var start = new Command("start", "start the gateway") { Endpoints, Listen, RetryDelay };
        start.SetAction((parsed, _) => CommandRun.UntilStoppedAsync(isDebug: false, (loggers, _) => Task.FromResult<IAsyncDisposable>(Start(parsed, loggers))));
        return new Command("gateway", "gateway related command") { start };
    }

    private static TcpGateway Start(ParseResult parsed, ILoggerFactory loggers)
    {
        var options = new GatewayOptions(
            ListenAddress.Parse(parsed.GetRequiredValue(Listen)),
            [.. FlagValues.Items(parsed.GetValue(Endpoints)).Select(ListenAddress.ParseRemote)],
            parsed.GetValue(RetryDelay));
        if (options.Endpoints.Count == 0)
        {
            throw new FormatException("no endpoints given");
        }

        var gateway = new TcpGateway(options, new GatewayLog(loggers.CreateLogger<TcpGateway>()), TimeProvider.System);
        gateway.Start();
        return gateway;
    }
}
