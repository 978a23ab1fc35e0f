using System.Diagnostics;

namespace Etcd.LoadGenerator.Measure;

/// <summary>Runs a command-line tool and watches its memory.</summary>
internal static class MeasuredTool
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>Runs it to its end.</summary>
    /// <returns>Time from start to exit, and the most memory it was seen with.</returns>
    /// <exception cref="InvalidOperationException">It failed; the message has what it said.</exception>
    public static async Task<(TimeSpan Took, long ResidentBytesPeak, long AnonymousBytesPeak)> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ETCDCTL_API"] = "3";
        long begun = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task end = process.WaitForExitAsync();
        long resident = 0;
        long anonymous = 0;
        do
        {
            if (ProcessUsage.TryReadMemory(process.Id, out long now, out long anonymousNow))
            {
                resident = Math.Max(resident, now);
                anonymous = Math.Max(anonymous, anonymousNow);
            }
        }
        while (await Task.WhenAny(end, Task.Delay(LookInterval)) != end);

        TimeSpan took = Stopwatch.GetElapsedTime(begun);
        return process.ExitCode == 0
            ? (took, resident, anonymous)
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await output}{await errors}");
    }
}
