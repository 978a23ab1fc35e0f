using System.Security.Cryptography;
using System.Text;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Etcd.Api.Gateway;

/// <summary>The HTTP side of a WebSocket: RFC 6455, section 4.2.</summary>
internal static class WebSocketHandshake
{
    private const string Version = "13";
    private const string Bearer = "Bearer";
    private const string KeySuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private const int KeyBytes = 16;

    /// <summary>Whether the client asks to go on as a WebSocket.</summary>
    internal static bool IsAsked(HttpContext context) =>
        context.Request.Headers.Upgrade.Count > 0
        && HttpMethods.IsGet(context.Request.Method)
        && string.Equals(context.Request.Headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase)
        && context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true };

    /// <summary>Sets the heads of the reply.</summary>
    /// <param name="context">The request.</param>
    /// <param name="protocol">The protocol agreed on; <see langword="null"/> for none.</param>
    /// <returns>Whether the request is a good one.</returns>
    internal static bool TryAccept(HttpContext context, out string? protocol)
    {
        IHeaderDictionary asked = context.Request.Headers;
        protocol = null;
        string key = asked.SecWebSocketKey.ToString();
        Span<byte> decoded = stackalloc byte[KeyBytes + 2];
        if (asked.SecWebSocketVersion != Version || !Convert.TryFromBase64String(key, decoded, out int length) || length != KeyBytes)
        {
            context.Response.Headers.SecWebSocketVersion = Version;
            return false;
        }

        IHeaderDictionary reply = context.Response.Headers;
        reply.Upgrade = "websocket";
        reply.Connection = "Upgrade";
        reply.SecWebSocketAccept = Accept(key);
        if (TokenOf(asked.SecWebSocketProtocol.ToString()) is not null)
        {
            protocol = Bearer;
            reply.SecWebSocketProtocol = Bearer;
        }

        return true;
    }

    /// <summary>The token that stands as second protocol after <c>Bearer</c>; <see langword="null"/> without one.</summary>
    internal static string? TokenOf(string protocols)
    {
        string[] parts = protocols.Split(',', StringSplitOptions.TrimEntries);
        return parts.Length == 2 && parts[0] == Bearer && parts[1].Length > 0 ? parts[1] : null;
    }

#pragma warning disable CA5350 // The hash proves nothing secret: it only shows that the server has understood the request.
    private static string Accept(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + KeySuffix)));
#pragma warning restore CA5350
}
