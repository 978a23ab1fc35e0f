using System.Diagnostics;
using System.Globalization;

namespace Etcd.Api.Metrics;

/// <summary>What the operating system knows about this process: the <c>process_*</c> metrics, and etcd's <c>os_fd_*</c>.</summary>
public static class ProcessMetrics
{
    private const string LimitsFile = "/proc/self/limits";
    private const string MemoryFile = "/proc/self/statm";
    private const string NetworkFile = "/proc/self/net/netstat";
    private const string AddressSpaceLimit = "Max address space";
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
        metrics.AddGauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", () => VirtualBytes());
        if (File.Exists(NetworkFile))
        {
            metrics.AddCounter(
                "process_network_receive_bytes_total",
                "Number of bytes received by the process over the network.",
                () => NetworkBytes(File.ReadLines(NetworkFile), "InOctets"));
            metrics.AddCounter(
                "process_network_transmit_bytes_total",
                "Number of bytes sent by the process over the network.",
                () => NetworkBytes(File.ReadLines(NetworkFile), "OutOctets"));
        }

        if (File.Exists(LimitsFile))
        {
            metrics.AddGauge(
                "process_virtual_memory_max_bytes",
                "Maximum amount of virtual memory available in bytes.",
                () => LimitOf(File.ReadLines(LimitsFile), AddressSpaceLimit) is var limit && double.IsInfinity(limit) ? ulong.MaxValue : limit);
            metrics.AddGauge("process_open_fds", "Number of open file descriptors.", () => OpenFiles());
            metrics.AddGauge("process_max_fds", "Maximum number of open file descriptors.", () => OpenFilesMax(File.ReadLines(LimitsFile)));
            metrics.AddGauge("os_fd_used", "The number of used file descriptors.", () => OpenFiles());
            metrics.AddGauge("os_fd_limit", "The file descriptor limit.", () => OpenFilesMax(File.ReadLines(LimitsFile)));
        }
    }

    /// <summary>Reads the soft limit of open files out of the lines of <c>/proc/self/limits</c>.</summary>
    /// <exception cref="InvalidDataException">There is no such line.</exception>
    internal static double OpenFilesMax(IEnumerable<string> lines) => LimitOf(lines, OpenFilesLimit);

    /// <summary>Reads how many files this process may have open.</summary>
    /// <returns><see langword="false"/> on a system that does not tell.</returns>
    internal static bool TryReadOpenFilesMax(out double limit)
    {
        bool isTold = File.Exists(LimitsFile);
        limit = isTold ? OpenFilesMax(File.ReadLines(LimitsFile)) : 0;
        return isTold;
    }

    /// <summary>Reads one number of the table <c>IpExt</c> out of the lines of <c>/proc/self/net/netstat</c>: they count for the network
    /// namespace that the process lives in.</summary>
    /// <exception cref="InvalidDataException">There is no such number.</exception>
    internal static double NetworkBytes(IEnumerable<string> lines, string column)
    {
        const string Table = "IpExt:";
        string[] names = [];
        foreach (string line in lines.Where(line => line.StartsWith(Table, StringComparison.Ordinal)))
        {
            string[] fields = line.Split(' ');
            if (names.Length == 0)
            {
                names = fields;
            }
            else if (Array.IndexOf(names, column) is var at and > 0)
            {
                return double.Parse(fields[at], CultureInfo.InvariantCulture);
            }
        }

        throw new InvalidDataException($"{NetworkFile} has no number {column}");
    }

    private static double LimitOf(IEnumerable<string> lines, string name)
    {
        foreach (string line in lines)
        {
            if (line.StartsWith(name, StringComparison.Ordinal))
            {
                // Name, soft limit, hard limit, unit; the name alone has blanks.
                string soft = line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
                return soft == "unlimited" ? double.PositiveInfinity : double.Parse(soft, CultureInfo.InvariantCulture);
            }
        }

        throw new InvalidDataException($"{LimitsFile} has no line \"{name}\"");
    }

    private static int OpenFiles() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();

    // Process would read what stands in the system's files about every thread.
    private static long VirtualBytes()
    {
        if (File.Exists(MemoryFile))
        {
            string pages = File.ReadAllText(MemoryFile);
            return long.Parse(pages.AsSpan(0, pages.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture) * Environment.SystemPageSize;
        }

        using Process self = Process.GetCurrentProcess();
        return self.VirtualMemorySize64;
    }

    private static double StartedAtSeconds()
    {
        using Process self = Process.GetCurrentProcess();
        return (self.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;
    }
}
