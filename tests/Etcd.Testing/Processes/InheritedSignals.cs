using System.Globalization;

namespace Etcd.Testing.Processes;

/// <summary>Whether the programs that this process starts would ignore the signals that tests send: SIGHUP and SIGINT are ignored below <c>nohup</c> and in
/// the background of a script.</summary>
internal static class InheritedSignals
{
    /// <summary>A program of coreutils that gives signals their usual meaning back, and then becomes another program.</summary>
    internal const string Resetter = "/usr/bin/env";

    /// <summary>What it is told before the name of that program.</summary>
    internal const string ResetterArgument = "--default-signal=HUP,INT";

    // Bits of signals 1 and 2.
    private const ulong HangUpAndInterrupt = 0b11;

    /// <summary>Whether one of them is ignored.</summary>
    internal static bool AreIgnored { get; } = (Ignored() & HangUpAndInterrupt) != 0;

    private static ulong Ignored()
    {
        const string Field = "SigIgn:";
        string? line = File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(Field, StringComparison.Ordinal));
        return line is null ? 0 : ulong.Parse(line.AsSpan(Field.Length).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }
}
