using System.Globalization;

namespace Etcd.LoadGenerator.Measure;

/// <summary>What a process has used so far, as the system counts it.</summary>
/// <param name="CpuSeconds">User and system time of all its threads, ended ones too.</param>
/// <param name="ContextSwitches">Times a thread of those alive gave the processor up to wait: hand-overs between threads, mostly.</param>
/// <param name="ResidentBytes">Memory in use at this moment.</param>
/// <param name="ResidentBytesPeak">The most it ever was.</param>
internal readonly record struct ProcessUsage(double CpuSeconds, long ContextSwitches, long ResidentBytes, long ResidentBytesPeak)
{
    private const double TicksPerSecond = 100;
    private const int UserTimeField = 11;
    private const int SystemTimeField = 12;

    public static ProcessUsage Of(int processId)
    {
        string stat = File.ReadAllText($"/proc/{processId}/stat");

        // The second field is the program's name in brackets and may hold spaces; the others follow its last bracket.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        double cpu = (Number(fields[UserTimeField]) + Number(fields[SystemTimeField])) / TicksPerSecond;
        string status = $"/proc/{processId}/status";
        return new ProcessUsage(cpu, ContextSwitchesOf(processId), StatusBytes(status, "VmRSS:"), StatusBytes(status, "VmHWM:"));
    }

    public static ProcessUsage operator +(ProcessUsage left, ProcessUsage right) => new(
        left.CpuSeconds + right.CpuSeconds,
        left.ContextSwitches + right.ContextSwitches,
        left.ResidentBytes + right.ResidentBytes,
        left.ResidentBytesPeak + right.ResidentBytesPeak);

    /// <summary>Reads the memory of a process that may end meanwhile.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="resident">Memory in use at this moment.</param>
    /// <param name="anonymous">The part of it that is no mapped file.</param>
    /// <returns><see langword="false"/> when it has ended.</returns>
    public static bool TryReadMemory(int processId, out long resident, out long anonymous)
    {
        resident = 0;
        anonymous = 0;
        try
        {
            foreach (string line in File.ReadLines($"/proc/{processId}/status"))
            {
                resident = line.StartsWith("VmRSS:", StringComparison.Ordinal) ? Kibibytes(line) : resident;
                anonymous = line.StartsWith("RssAnon:", StringComparison.Ordinal) ? Kibibytes(line) : anonymous;
            }
        }
        catch (IOException)
        {
            return false;
        }

        return resident > 0;
    }

    private static long Kibibytes(string line) => Number(line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Replace("kB", "", StringComparison.Ordinal)) * 1024;

    private static long ContextSwitchesOf(int processId)
    {
        long switches = 0;
        foreach (string thread in Directory.EnumerateDirectories($"/proc/{processId}/task"))
        {
            try
            {
                switches += StatusNumber(Path.Combine(thread, "status"), "voluntary_ctxt_switches:");
            }
            catch (IOException)
            {
                // The thread has ended since the directory was read.
            }
        }

        return switches;
    }

    private static long StatusBytes(string file, string label) => StatusNumber(file, label) * 1024;

    private static long StatusNumber(string file, string label) =>
        File.ReadLines(file)
            .Where(line => line.StartsWith(label, StringComparison.Ordinal))
            .Select(line => Number(line[label.Length..].Replace("kB", "", StringComparison.Ordinal)))
            .Single();

    private static long Number(string text) => long.Parse(text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
}
