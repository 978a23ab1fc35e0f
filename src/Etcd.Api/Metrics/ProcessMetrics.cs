using System.Diagnostics;
using System.Globalization;

namespace Etcd.Api.Metrics;

/// <summary>What the operating system knows about this process: the <c>process_*</c> metrics, and etcd's <c>os_fd_*</c>.</summary>
public static class ProcessMetrics
{
    private const string LimitsFile = "/proc/self/limits";
    private const string OpenFilesLimit = "Max open files";

    /// <summary>Adds the metrics. On a system without <c>/proc</c> those about file descriptors are left out.</summary>
    public static void AddTo(MetricsRegistry metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        double startedAt = StartedAtSeconds();
        metrics.AddGauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.", () => startedAt);
        metrics.AddCounter(
            "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", () => Environment.CpuUsage.TotalTime.TotalSeconds);
        metrics.AddGauge("process_resident_memory_bytes", "Resident memory size in bytes.", () => Environment.WorkingSet);
        if (File.Exists(LimitsFile))
        {
            metrics.AddGauge("process_open_fds", "Number of open file descriptors.", () => OpenFiles());
            metrics.AddGauge("process_max_fds", "Maximum number of open file descriptors.", () => OpenFilesMax(File.ReadLines(LimitsFile)));
            metrics.AddGauge("os_fd_used", "The number of used file descriptors.", () => OpenFiles());
            metrics.AddGauge("os_fd_limit", "The file descriptor limit.", () => OpenFilesMax(File.ReadLines(LimitsFile)));
        }
    }

    /// <summary>Reads the soft limit of open files out of the lines of <c>/proc/self/limits</c>.</summary>
    /// <exception cref="InvalidDataException">There is no such line.</exception>
    internal static double OpenFilesMax(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            if (line.StartsWith(OpenFilesLimit, StringComparison.Ordinal))
            {
                // Name, soft limit, hard limit, unit; the name alone has blanks.
                string soft = line[OpenFilesLimit.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
                return soft == "unlimited" ? double.PositiveInfinity : double.Parse(soft, CultureInfo.InvariantCulture);
            }
        }

        throw new InvalidDataException($"{LimitsFile} has no line \"{OpenFilesLimit}\"");
    }

    private static int OpenFiles() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();

    private static double StartedAtSeconds()
    {
        using Process self = Process.GetCurrentProcess();
        return (self.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;
    }
}
