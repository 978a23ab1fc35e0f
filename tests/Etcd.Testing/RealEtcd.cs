namespace Etcd.Testing;

/// <summary>Finds the programs of real etcd that the reference material's script fetches into the user's cache.</summary>
public static class RealEtcd
{
    /// <summary>Why a test that runs real etcd is skipped.</summary>
    public const string AbsentReason = "real etcd 3.5 is not on this machine (../shared/tools/get-real-etcd.sh fetches it)";

    private static readonly string Directory35 = Path.Combine(
        Environment.GetEnvironmentVariable("HOME") ?? "/", ".cache", "real-etcd", "3.5");

    /// <summary>Whether the programs are there. Fits <c>SkipUnless</c> of xunit's attributes.</summary>
    public static bool IsPresent => File.Exists(Program("etcd")) && File.Exists(Program("etcdutl"));

    /// <summary>Full path of one of <c>etcd</c>, <c>etcdctl</c>, <c>etcdutl</c>, release 3.5.</summary>
    public static string Program(string name) => Path.Combine(Directory35, name);
}
