using System.Globalization;

namespace Etcd.LoadGenerator.Measure;

/// <summary>What a process has used so far, as the system counts it.</summary>
/// <param name="CpuSeconds">User and system time of all its threads, ended ones too.</param>
/// <param name="ResidentBytes">Memory in use at this moment.</param>
/// <param name="ResidentBytesPeak">The most it ever was.</param>
internal readonly record struct ProcessUsage(double CpuSeconds, long ResidentBytes, long ResidentBytesPeak)
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
        return new ProcessUsage(cpu, StatusBytes(processId, "VmRSS:"), StatusBytes(processId, "VmHWM:"));
    }

    private static long StatusBytes(int processId, string label) =>
        File.ReadLines($"/proc/{processId}/status")
            .Where(line => line.StartsWith(label, StringComparison.Ordinal))
            .Select(line => Number(line[label.Length..].Replace("kB", "", StringComparison.Ordinal)) * 1024)
            .Single();

    private static long Number(string text) => long.Parse(text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
}
