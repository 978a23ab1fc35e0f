using System.Globalization;
using System.Text;

using Etcd.Hosting.Settings;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Diagnostics.NETCore.Client;

namespace Etcd.Hosting.Profiling;

/// <summary>What is below <c>/debug/pprof/</c>: profiles that .NET's own tools read. Only with <c>--enable-pprof</c>.</summary>
internal sealed class ProfileEndpoint : IDisposable
{
    private const string Prefix = "/debug/pprof/";
    private const int SecondsDefault = 30;

    private const string Index = """
        <html><head><title>/debug/pprof/</title></head><body>
        <p>Profiles of this program, which is one of .NET: the two recordings are .nettrace files, for Visual Studio, PerfView, or
        <code>dotnet-trace convert --format speedscope</code> and <a href="https://www.speedscope.app">speedscope</a>.</p>
        <ul>
        <li><a href="profile?seconds=30">profile</a>: samples of what all threads do, for <code>seconds</code> (1 to 120)</li>
        <li><a href="trace?seconds=5">trace</a>: collections, lock contention, exceptions, thread pool, for <code>seconds</code> (1 to 120)</li>
        <li><a href="heap">heap</a>: the managed heap as the last collection left it</li>
        <li><a href="threadcreate">threadcreate</a>: threads, their state and processor time</li>
        <li><a href="cmdline">cmdline</a>: how the program was started</li>
        </ul></body></html>

        """;

    private readonly ProfileRecorder _recorder = new();

    internal Task HandleAsync(HttpContext context)
    {
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            context.Response.Headers.Allow = "GET";
            return Task.CompletedTask;
        }

        return context.Request.Path.Value![Prefix.Length..] switch
        {
            "" => WriteAsync(context, StatusCodes.Status200OK, "text/html; charset=utf-8", Index),
            "profile" => RecordAsync(context, "cpu", ProfileRecorder.Samples),
            "trace" => RecordAsync(context, "events", ProfileRecorder.Events),
            "heap" => TextAsync(context, RuntimeReport.Heap()),
            "threadcreate" => TextAsync(context, RuntimeReport.Threads()),
            "cmdline" => TextAsync(context, string.Join('\0', LoggedArguments.Of(Environment.GetCommandLineArgs()))),
            var name => WriteAsync(
                context, StatusCodes.Status404NotFound, "text/plain; charset=utf-8", $"Unknown profile {name}: see {Prefix} for those of a .NET program\n"),
        };
    }

    /// <inheritdoc />
    public void Dispose() => _recorder.Dispose();

    private static Task TextAsync(HttpContext context, string text) => WriteAsync(context, StatusCodes.Status200OK, "text/plain; charset=utf-8", text);

    private static Task WriteAsync(HttpContext context, int status, string contentType, string text)
    {
        byte[] body = Encoding.UTF8.GetBytes(text);
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private async Task RecordAsync(HttpContext context, string kind, IReadOnlyList<EventPipeProvider> providers)
    {
        string given = context.Request.Query["seconds"].ToString();
        int seconds = SecondsDefault;
        if (given.Length > 0
            && (!int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out seconds)
                || seconds < 1
                || seconds > ProfileRecorder.DurationMax.TotalSeconds))
        {
            await WriteAsync(
                context,
                StatusCodes.Status400BadRequest,
                "text/plain; charset=utf-8",
                $"seconds must be a number from 1 to {ProfileRecorder.DurationMax.TotalSeconds:0}\n");
            return;
        }

        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.ContentType = "application/octet-stream";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"etcd-{kind}.nettrace\"";
        try
        {
            if (!await _recorder.TryRecordAsync(providers, TimeSpan.FromSeconds(seconds), context.Response.Body, context.RequestAborted))
            {
                await RefuseAsync(context, StatusCodes.Status409Conflict, "another recording is under way\n");
            }
        }
        catch (Exception failure) when (failure is ServerNotAvailableException or DiagnosticsClientException && !context.Response.HasStarted)
        {
            await RefuseAsync(
                context, StatusCodes.Status503ServiceUnavailable, $"the runtime gives no recordings (is DOTNET_EnableDiagnostics=0?): {failure.Message}\n");
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Whoever asked has gone.
        }
    }

    private static Task RefuseAsync(HttpContext context, int status, string text)
    {
        context.Response.Headers.ContentDisposition = default;
        return WriteAsync(context, status, "text/plain; charset=utf-8", text);
    }
}
