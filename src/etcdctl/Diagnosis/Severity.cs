namespace Etcdctl.Diagnosis;

/// <summary>How bad a finding is.</summary>
internal enum Severity
{
    /// <summary>As it should be.</summary>
    Good,

    /// <summary>Works, and should be looked after.</summary>
    Warning,

    /// <summary>Something is wrong.</summary>
    Problem,
}
