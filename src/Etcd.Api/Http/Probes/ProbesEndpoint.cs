using System.Text;

using Etcd.Server;
using Etcd.Server.Observation;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Etcd.Api.Http.Probes;

/// <summary><c>GET /livez</c> and <c>GET /readyz</c>: whether the member should be restarted, and whether it should be given work. Each of their checks has
/// a path of its own below them. <c>?verbose</c> lists the checks, <c>?exclude=NAME</c> leaves one out.</summary>
internal sealed class ProbesEndpoint
{
    private const string Live = "/livez";
    private const string Ready = "/readyz";

    private readonly ProbeFigures _figures;
    private readonly ProbeCheck[] _live;
    private readonly ProbeCheck[] _ready;

    internal ProbesEndpoint(EtcdServer server)
    {
        _figures = server.Readings.Instruments.Probes;
        var checks = new ProbeChecks(server);
        var serializableRead = new ProbeCheck("serializable_read", checks.ReadHereAsync);
        _live = [serializableRead];
        _ready =
        [
            new ProbeCheck("data_corruption", checks.FindCorruptionAsync),
            serializableRead,
            new ProbeCheck("linearizable_read", checks.ReadConfirmedAsync),
            new ProbeCheck("non_learner", checks.RefuseLearnerAsync),
        ];
    }

    /// <summary>Whether a path is one of the probes or of their checks.</summary>
    internal static bool Owns(string path) => IsAtOrBelow(path, Live) || IsAtOrBelow(path, Ready);

    /// <summary>Answers a request whose path is one of the probes.</summary>
    internal async Task HandleAsync(HttpContext context, string path)
    {
        bool isLive = IsAtOrBelow(path, Live);
        string root = isLive ? Live : Ready;
        ProbeCheck[] all = isLive ? _live : _ready;
        bool isForAll = path.Length == root.Length;
        ProbeCheck[] asked = isForAll
            ? Without(all, context.Request.Query["exclude"])
            : [.. all.Where(check => path.AsSpan(root.Length + 1).SequenceEqual(check.Name))];
        if (asked.Length == 0 && !isForAll)
        {
            await PlainReplies.NotFoundAsync(context).ConfigureAwait(false);
        }
        else if (!PlainReplies.IsGet(context))
        {
            await PlainReplies.MethodNotAllowedAsync(context).ConfigureAwait(false);
        }
        else
        {
            await RunAsync(context, root[1..], asked).ConfigureAwait(false);
        }
    }

    private async Task RunAsync(HttpContext context, string probe, ProbeCheck[] checks)
    {
        var lines = new StringBuilder();
        bool isWell = true;
        foreach (ProbeCheck check in checks)
        {
            string? fault = await check.RunAsync(context.RequestAborted).ConfigureAwait(false);
            _figures.Count(probe, check.Name, fault is null);
            isWell &= fault is null;
            lines.Append(fault is null ? $"[+]{check.Name} ok\n" : $"[-]{check.Name} failed: {fault}\n");
        }

        // Who asks for a summary sees the checks only when one has failed.
        string text = !isWell ? lines.ToString() : context.Request.Query.ContainsKey("verbose") ? $"{lines}ok" : "ok";
        int status = isWell ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        await PlainReplies.ErrorAsync(context, status, text).ConfigureAwait(false);
    }

    private static ProbeCheck[] Without(ProbeCheck[] checks, StringValues excluded) =>
        excluded.Count == 0 ? checks : [.. checks.Where(check => !excluded.Contains(check.Name, StringComparer.Ordinal))];

    private static bool IsAtOrBelow(string path, string root) =>
        path.StartsWith(root, StringComparison.Ordinal) && (path.Length == root.Length || path[root.Length] == '/');
}
