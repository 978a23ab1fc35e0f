namespace Etcdctl;

/// <summary>The version that tools read.</summary>
internal static class ProgramVersion
{
    /// <summary>The etcd release whose behaviour and output this program has.</summary>
    public const string Release = "3.5.30";

    /// <summary>Its client interface.</summary>
    public const string Api = "3.5";
}
