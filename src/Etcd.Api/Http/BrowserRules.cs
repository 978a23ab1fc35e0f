using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http;

/// <summary>What keeps pages of the web away from a member that a browser can reach: the host names under which it is served in clear text (against DNS
/// rebinding, CVE-2018-5702), and the origins whose scripts may read its replies.</summary>
public sealed class BrowserRules
{
    private const string All = "*";
    private const string AllowedMethods = "POST, GET, OPTIONS, PUT, DELETE";
    private const string AllowedHeaders = "accept, content-type, authorization";

    private readonly FrozenSet<string> _hosts;
    private readonly FrozenSet<string> _origins;
    private readonly bool _anyHost;
    private readonly bool _anyOrigin;

    /// <summary>Creates the rules.</summary>
    /// <param name="origins"><c>--cors</c>: origins, <c>*</c> for all; none is all too.</param>
    /// <param name="hosts"><c>--host-whitelist</c>: host names without port, <c>*</c> for all; none is all too.</param>
    public BrowserRules(IReadOnlyCollection<string> origins, IReadOnlyCollection<string> hosts)
    {
        _hosts = hosts.ToFrozenSet(StringComparer.Ordinal);
        _origins = origins.Select(Normalise).ToFrozenSet(StringComparer.Ordinal);
        _anyHost = _hosts.Count == 0 || _hosts.Contains(All);
        _anyOrigin = _origins.Count == 0 || _origins.Contains(All);
    }

    /// <summary>The rules that let all in.</summary>
    internal static BrowserRules Open { get; } = new([All], [All]);

    /// <summary>Whether a request may go on. Adds the heads by which a browser learns what its pages may do.</summary>
    /// <param name="context">The request.</param>
    /// <param name="answered">The answer to one that may not, or needs none but that.</param>
    internal bool TryAdmit(HttpContext context, [NotNullWhen(false)] out Task? answered)
    {
        HttpRequest request = context.Request;
        if (!_anyHost && !request.IsHttps && !_hosts.Contains(HostOf(request)))
        {
            answered = PlainReplies.ErrorAsync(context, StatusCodes.Status421MisdirectedRequest, UnknownHost(HostOf(request)));
            return false;
        }

        string? origin = request.Headers.Origin;
        bool isAllowed = _anyOrigin || (origin is not null && _origins.Contains(Normalise(origin)));
        if (isAllowed)
        {
            IHeaderDictionary headers = context.Response.Headers;
            headers.AccessControlAllowHeaders = AllowedHeaders;
            headers.AccessControlAllowMethods = AllowedMethods;
            headers.AccessControlAllowOrigin = _anyOrigin ? All : origin;
        }

        if (HttpMethods.IsOptions(request.Method))
        {
            context.Response.ContentLength = 0;
            answered = Task.CompletedTask;
            return false;
        }

        // The browser keeps no page from opening a WebSocket anywhere, and shows the page what comes: the server has to refuse.
        if (!isAllowed && origin is not null && request.Headers.Upgrade.Count > 0)
        {
            answered = PlainReplies.ErrorAsync(context, StatusCodes.Status403Forbidden, "origin not allowed");
            return false;
        }

        answered = null;
        return true;
    }

    private static string HostOf(HttpRequest request) => request.Host.Host.Trim('[', ']');

    // Browsers leave the usual port out, settings must name it.
    private static string Normalise(string origin) =>
        origin != All && Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri) ? $"{uri.Scheme}://{uri.Host}:{uri.Port}" : origin;

    private static string UnknownHost(string host) =>
        $"""

        etcd received your request, but the Host header was unrecognized.

        To fix this, choose one of the following options:
        - Enable TLS, then any HTTPS request will be allowed.
        - Add the hostname you want to use to the whitelist in settings.
          - e.g. etcd --host-whitelist "{host}"

        This requirement has been added to help prevent "DNS Rebinding" attacks (CVE-2018-5702).

        """;
}
