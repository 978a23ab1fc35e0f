namespace Etcd.Testing;

/// <summary>The programs of the etcd project itself, which tests compare with. They are no part of this repository: the test
/// command fetches them where it can, into a cache folder of the user.</summary>
public static class RealEtcd
{
    /// <summary>Why a test that runs real etcd is skipped.</summary>
    public const string AbsentReason = "real etcd 3.4 and 3.5 are not on this machine (~/.cache/real-etcd)";

    private static readonly string Root = FindRoot();

    /// <summary>Whether the programs are there. Fits <c>SkipUnless</c> of xunit's attributes.</summary>
    public static bool IsPresent => File.Exists(Server("3.4")) && File.Exists(Server("3.5"));

    /// <summary>Full path of one of <c>etcd</c>, <c>etcdctl</c>, <c>etcdutl</c>, release 3.5.</summary>
    public static string Program(string name) => Path.Combine(Root, "3.5", name);

    /// <summary>Full path of the server of a release.</summary>
    public static string Server(string version) => Path.Combine(Root, version, "etcd");

    /// <summary>Full path of the <c>etcdctl</c> of a release.</summary>
    public static string Ctl(string version) => Path.Combine(Root, version, "etcdctl");

    /// <summary>Full path of the offline tool; there is none in 3.4.</summary>
    public static string Utl => Program("etcdutl");

    private static string FindRoot()
    {
        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        return Path.Combine(
            string.IsNullOrEmpty(cache) ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache") : cache,
            "real-etcd");
    }
}
