using System.Buffers;
using System.Text;
using System.Text.Json;

using Etcd.Api.Metrics;
using Etcd.Client.Calls;
using Etcd.Grpc;
using Etcd.Protocol.Rpc;
using Etcd.Proxy.Upstreams;

using Google.Protobuf;

using Microsoft.AspNetCore.Http;

namespace Etcd.Proxy.Http;

/// <summary>What the proxy answers over plain HTTP: its own state under <c>/proxy/…</c>, that of the cluster elsewhere.</summary>
/// <param name="upstream">The cluster.</param>
/// <param name="metrics">What the proxy shows to monitoring.</param>
/// <param name="http">Asks members.</param>
/// <param name="profiles">Answers below <c>/debug/pprof/</c>; <see langword="null"/> where nobody may take profiles.</param>
internal sealed class ProxyHttpFace(Upstream upstream, MetricsRegistry metrics, HttpClient http, RequestDelegate? profiles)
{
    private const string ProfilesPrefix = "/debug/pprof/";
    private const string MetricsType = "text/plain; version=0.0.4; charset=utf-8";

    private static readonly TimeSpan HealthTimeout = TimeSpan.FromSeconds(5);

    internal Task HandleAsync(HttpContext context)
    {
        bool isGet = HttpMethods.IsGet(context.Request.Method);
        return context.Request.Path.Value switch
        {
            "/health" or "/proxy/health" or "/metrics" or "/proxy/metrics" when !isGet =>
                TextAsync(context, StatusCodes.Status405MethodNotAllowed, "text/plain; charset=utf-8", "Method Not Allowed\n"),
            "/health" or "/proxy/health" => HealthAsync(context),
            "/metrics" => MemberMetricsAsync(context),
            "/proxy/metrics" => OwnMetricsAsync(context),
            { } path when profiles is not null && path.StartsWith(ProfilesPrefix, StringComparison.Ordinal) => profiles(context),
            _ => TextAsync(context, StatusCodes.Status404NotFound, "text/plain; charset=utf-8", "404 page not found\n"),
        };
    }

    private async Task HealthAsync(HttpContext context)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(HealthTimeout);
        string reason = string.Empty;
        try
        {
            await upstream.UnaryAsync(
                Methods.Range, new RangeRequest { Key = ByteString.CopyFromUtf8("a") }, ForwardedCredentials.None, isRepeatable: true, limit.Token)
                .ConfigureAwait(false);
        }
        catch (RpcException failure) when (failure.Code is RpcStatusCode.PermissionDenied || RetryRules.IsStaleToken(failure))
        {
            // The cluster has agreed that the proxy may not read: it agrees.
        }
        catch (RpcException failure)
        {
            reason = failure.Message;
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            reason = "context deadline exceeded";
        }

        var body = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(body))
        {
            writer.WriteStartObject();
            writer.WriteString("health"u8, reason.Length == 0 ? "true" : "false");
            writer.WriteString("reason"u8, reason);
            writer.WriteEndObject();
        }

        int status = reason.Length == 0 ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        await TextAsync(context, status, "application/json", Encoding.UTF8.GetString(body.WrittenSpan)).ConfigureAwait(false);
    }

    private async Task MemberMetricsAsync(HttpContext context)
    {
        string member = upstream.Current;
        string url = member.Contains("://", StringComparison.Ordinal) ? member : $"http://{member}";
        try
        {
            string text = await http.GetStringAsync(new Uri($"{url.TrimEnd('/')}/metrics"), context.RequestAborted).ConfigureAwait(false);
            await TextAsync(context, StatusCodes.Status200OK, MetricsType, text).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException && !context.RequestAborted.IsCancellationRequested)
        {
            await TextAsync(context, StatusCodes.Status500InternalServerError, "text/plain; charset=utf-8", $"{failure.Message}\n").ConfigureAwait(false);
        }
    }

    private Task OwnMetricsAsync(HttpContext context)
    {
        var body = new ArrayBufferWriter<byte>();
        metrics.WriteTo(body);
        return TextAsync(context, StatusCodes.Status200OK, MetricsType, Encoding.UTF8.GetString(body.WrittenSpan));
    }

    private static async Task TextAsync(HttpContext context, int status, string type, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        await context.Response.WriteAsync(text, context.RequestAborted).ConfigureAwait(false);
    }
}
