namespace Etcd.Testing.Processes;

/// <summary>The programs of the etcd project itself, which tests compare with. They are no part of this repository: the test
/// command fetches them where it can, into a cache folder of the user.</summary>
public static class RealEtcd
{
    /// <summary>Why a test that needs them is skipped.</summary>
    public const string AbsentReason = "real etcd 3.4 and 3.5 are not on this machine (~/.cache/real-etcd)";

    private static readonly string Root = FindRoot();

    /// <summary>Whether both versions are there. Fits <c>SkipUnless</c> of xunit's attributes.</summary>
    public static bool IsPresent => File.Exists(Server("3.4")) && File.Exists(Server("3.5"));

    public static string Server(string version) => Path.Combine(Root, version, "etcd");

    public static string Ctl(string version) => Path.Combine(Root, version, "etcdctl");

    /// <summary>The offline tool; there is none in 3.4.</summary>
    public static string Utl => Path.Combine(Root, "3.5", "etcdutl");

    private static string FindRoot()
    {
        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        return Path.Combine(
            string.IsNullOrEmpty(cache) ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache") : cache,
            "real-etcd");
    }
}
