using Etcd.Testing.Processes;

namespace Etcd.Interop;

/// <summary>Debian's package <c>python3-etcd3</c>, run by Debian's Python.</summary>
public static class PythonClient
{
    public const string Interpreter = "/usr/bin/python3";

    /// <summary>Why a test that needs it is skipped.</summary>
    public const string AbsentReason = "Debian's python3-etcd3 is not installed";

    private static readonly Lazy<bool> Installed = new(() =>
        File.Exists(Interpreter)
        && new Command(Interpreter, ["-c", "import etcd3"]).RunAsync().GetAwaiter().GetResult().ExitCode == 0);

    public static bool IsPresent => Installed.Value;
}
