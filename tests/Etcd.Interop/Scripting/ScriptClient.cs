using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Scripting;

/// <summary>Whose <c>etcdctl</c> runs a script.</summary>
public enum ScriptClient
{
    /// <summary>That of real etcd 3.4.</summary>
    Real34,

    /// <summary>That of real etcd 3.5.</summary>
    Real35,

    /// <summary>This repository's, which prints what 3.5 prints.</summary>
    Ours,
}

internal static class ScriptClientPrograms
{
    /// <summary>Path of its <c>etcdctl</c>.</summary>
    public static string Ctl(this ScriptClient client) => client switch
    {
        ScriptClient.Real34 => RealEtcd.Ctl("3.4"),
        ScriptClient.Real35 => RealEtcd.Ctl("3.5"),
        _ => OurPrograms.Ctl,
    };

    /// <summary>The version whose output it must give.</summary>
    public static string OutputVersion(this ScriptClient client) => client == ScriptClient.Real34 ? "3.4" : "3.5";
}
