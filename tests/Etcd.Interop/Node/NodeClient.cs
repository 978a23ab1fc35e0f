using Etcd.Interop.Service;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Node;

/// <summary>npm's package <c>etcd3</c>, installed outside the repository by <c>test.sh</c>.</summary>
public static class NodeClient
{
    /// <summary>Why a test that needs it is skipped.</summary>
    public const string AbsentReason = "npm's etcd3 is not installed (./test.sh installs it where npm is)";

    private static readonly Lazy<bool> Installed = new(() =>
        File.Exists(Interpreter)
        && new Command(Interpreter, ["-e", "require('etcd3')"]) { Environment = Variables }.RunAsync().GetAwaiter().GetResult().ExitCode == 0);

    public static bool IsPresent => Installed.Value;

    public static string Interpreter =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, "node")).FirstOrDefault(File.Exists) ?? "";

    /// <summary>Where Node finds it.</summary>
    public static IReadOnlyDictionary<string, string> Variables => new Dictionary<string, string>
    {
        ["NODE_PATH"] = Path.Combine(NodeTools.Directory, "node_modules"),
    };
}
