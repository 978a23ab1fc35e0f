namespace Etcd.Testing.Processes;

/// <summary>Which etcd a test runs.</summary>
public enum ServerKind
{
    /// <summary>This repository's server.</summary>
    Ours,

    /// <summary>Real etcd 3.4.</summary>
    Real34,

    /// <summary>Real etcd 3.5: the control that shows a script to be right.</summary>
    Real35,
}
