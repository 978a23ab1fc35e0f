using Etcd.Testing.Processes;

namespace Etcd.Interop.V2;

/// <summary>Debian's package <c>python3-etcd</c>, run by Debian's Python.</summary>
public static class V2PythonClient
{
    /// <summary>Why a test that needs it is skipped.</summary>
    public const string AbsentReason = "Debian's python3-etcd is not installed";

    private static readonly Lazy<bool> Installed = new(() =>
        File.Exists(PythonClient.Interpreter)
        && new Command(PythonClient.Interpreter, ["-c", "import etcd"]).RunAsync().GetAwaiter().GetResult().ExitCode == 0);

    public static bool IsPresent => Installed.Value;
}
