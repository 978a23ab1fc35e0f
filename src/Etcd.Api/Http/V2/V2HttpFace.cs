using System.Text;

using Etcd.Api.Http.V2.Access;
using Etcd.Api.Metrics;
using Etcd.Server;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Etcd.Api.Http.V2;

/// <summary>The v2 API on the client port.</summary>
internal sealed class V2HttpFace
{
    private const string KeysPath = "/v2/keys";

    private readonly V2Gatekeeper _gatekeeper;
    private readonly V2HttpMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly KeysEndpoint _keys;
    private readonly MembersEndpoint _members;
    private readonly V2AuthEndpoint _auth;
    private readonly MachinesEndpoint _machines;
    private readonly StatisticsEndpoint _statistics;

    internal V2HttpFace(EtcdServer server, V2HttpMetrics metrics)
    {
        _metrics = metrics;
        _time = server.Time;
        _gatekeeper = new V2Gatekeeper(server);
        _keys = new KeysEndpoint(server, _gatekeeper);
        _members = new MembersEndpoint(server, _gatekeeper);
        _auth = new V2AuthEndpoint(server, _gatekeeper);
        _machines = new MachinesEndpoint(server);
        _statistics = new StatisticsEndpoint(server);
    }

    /// <summary>Whether a path is one of the v2 API.</summary>
    internal static bool Owns(PathString path) => path.StartsWithSegments("/v2", StringComparison.Ordinal);

    /// <summary>Answers a request whose path is below <c>/v2</c>.</summary>
    internal async Task HandleAsync(HttpContext context)
    {
        if (await _gatekeeper.AllowAsync(context).ConfigureAwait(false))
        {
            await AnswerAsync(context).ConfigureAwait(false);
        }
    }

    private Task AnswerAsync(HttpContext context)
    {
        // The path as sent: the server around this has cleaned it already, and kept an escaped slash where etcd sees a slash.
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        int query = target.IndexOf('?', StringComparison.Ordinal);
        string raw = query < 0 ? target : target[..query];
        if (!raw.StartsWith('/') || !UrlText.TryDecodePath(raw, out string path, out _))
        {
            path = context.Request.Path.Value ?? "/";
        }

        string clean = UrlText.CleanPath(path);
        return clean == path ? RouteAsync(context, path) : RedirectAsync(context, clean);
    }

    private Task RouteAsync(HttpContext context, string path)
    {
        if (path == KeysPath || path.StartsWith(KeysPath + "/", StringComparison.Ordinal))
        {
            return HandleKeysAsync(context, path[KeysPath.Length..]);
        }

        if (path == MembersEndpoint.Path || path.StartsWith(MembersEndpoint.Path + "/", StringComparison.Ordinal))
        {
            return _members.HandleAsync(context, path[MembersEndpoint.Path.Length..].TrimStart('/'));
        }

        if (path.StartsWith(V2AuthEndpoint.Path + "/", StringComparison.Ordinal))
        {
            return _auth.HandleAsync(context, path[(V2AuthEndpoint.Path.Length + 1)..]);
        }

        return path switch
        {
            "/v2/machines" => _machines.HandleAsync(context),
            "/v2/stats/self" => _statistics.SelfAsync(context),
            "/v2/stats/leader" => _statistics.LeaderAsync(context),
            "/v2/stats/store" => _statistics.StoreAsync(context),
            _ => PlainReplies.NotFoundAsync(context),
        };
    }

    private async Task HandleKeysAsync(HttpContext context, string key)
    {
        long began = _time.GetTimestamp();
        await _keys.HandleAsync(context, key).ConfigureAwait(false);
        _metrics.Answered(
            context.Request.Method, context.Response.StatusCode, context.Request.Query["wait"] == "true", _time.GetElapsedTime(began));
    }

    // As Go's request router answers a path that is not clean.
    private static Task RedirectAsync(HttpContext context, string path)
    {
        string location = new PathString(path).ToUriComponent() + context.Request.QueryString.Value;
        context.Response.Headers.Location = location;
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            return V2Replies.BodyAsync(context, StatusCodes.Status301MovedPermanently, default);
        }

        context.Response.ContentType = "text/html; charset=utf-8";
        string shown = location.Replace("&", "&amp;", StringComparison.Ordinal);
        byte[] body = Encoding.UTF8.GetBytes($"<a href=\"{shown}\">Moved Permanently</a>.\n\n");
        return V2Replies.BodyAsync(context, StatusCodes.Status301MovedPermanently, body);
    }
}
