using System.Diagnostics.Tracing;

using Microsoft.Diagnostics.NETCore.Client;

namespace Etcd.Hosting.Profiling;

/// <summary>Records what the runtime tells about this process over its own diagnostics port, in the format of <c>dotnet-trace</c>
/// (<c>.nettrace</c>). One recording at a time: two would show each other.</summary>
internal sealed class ProfileRecorder : IDisposable
{
    /// <summary>Longest recording: it costs the member some of its speed, and a forgotten one must end.</summary>
    internal static readonly TimeSpan DurationMax = TimeSpan.FromSeconds(120);

    private const string Runtime = "Microsoft-Windows-DotNETRuntime";
    private const string Sampler = "Microsoft-DotNETCore-SampleProfiler";
    private const int BufferMegabytes = 64;

    // Keywords of the runtime's provider: garbage collection, loader, just-in-time compiler, contention, exceptions, threading.
    private const long Collections = 0x1;
    private const long Names = 0x8 | 0x10 | 0x20;
    private const long Contention = 0x4000;
    private const long Exceptions = 0x8000;
    private const long Threading = 0x10000;

    private readonly SemaphoreSlim _one = new(1);

    /// <summary>Samples what all threads do.</summary>
    internal static IReadOnlyList<EventPipeProvider> Samples { get; } =
    [
        new(Sampler, EventLevel.Informational),
        new(Runtime, EventLevel.Informational, Names | Collections),
    ];

    /// <summary>Tells collections, contention, exceptions and the thread pool's doings, and no samples.</summary>
    internal static IReadOnlyList<EventPipeProvider> Events { get; } =
        [new(Runtime, EventLevel.Informational, Names | Collections | Contention | Exceptions | Threading)];

    /// <summary>Records for a while.</summary>
    /// <param name="providers">What to record.</param>
    /// <param name="duration">How long.</param>
    /// <param name="destination">Receives the recording as it is made.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <returns><see langword="false"/> when another recording is under way.</returns>
    /// <exception cref="ServerNotAvailableException">The runtime's diagnostics port is closed (<c>DOTNET_EnableDiagnostics=0</c>).</exception>
    internal async Task<bool> TryRecordAsync(
        IReadOnlyList<EventPipeProvider> providers, TimeSpan duration, Stream destination, CancellationToken cancellationToken)
    {
        if (!await _one.WaitAsync(TimeSpan.Zero, cancellationToken))
        {
            return false;
        }

        try
        {
            var client = new DiagnosticsClient(Environment.ProcessId);
            using EventPipeSession session = await client.StartEventPipeSessionAsync(
                providers, requestRundown: true, BufferMegabytes, cancellationToken);
            Task copying = session.EventStream.CopyToAsync(destination, cancellationToken);
            try
            {
                await Task.WhenAny(copying, Task.Delay(duration, cancellationToken));
            }
            finally
            {
                // The names of methods come at the end, so the stream is read on until the runtime closes it.
                await session.StopAsync(CancellationToken.None);
            }

            await copying;
            return true;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _one.Dispose();
}
