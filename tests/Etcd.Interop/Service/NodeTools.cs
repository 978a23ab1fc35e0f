namespace Etcd.Interop.Service;

/// <summary>Programs of the npm registry that <c>test.sh</c> installs outside the repository.</summary>
public static class NodeTools
{
    /// <summary>Why a test that needs one is skipped.</summary>
    public const string AbsentReason = "the packages of npm that test.sh installs are absent";

    public static string Directory { get; } = Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache
            ? cache
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "etcd-net-tests",
        "node");

    /// <summary>Path of a program of a package.</summary>
    public static string Program(string name) => Path.Combine(Directory, "node_modules", ".bin", name);
}
