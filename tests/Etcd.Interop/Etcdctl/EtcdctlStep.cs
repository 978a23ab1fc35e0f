namespace Etcd.Interop.Etcdctl;

/// <summary>One call of etcdctl in a script.</summary>
/// <param name="Arguments">Arguments; <c>{lease}</c> stands for the lease that the script granted last, <c>{file}</c> for a file of its
/// own, which is not there at first.</param>
public sealed record EtcdctlStep(params string[] Arguments)
{
    /// <summary>Text for standard input.</summary>
    public string Input { get; init; } = "";

    /// <summary>Variables.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The text of errors is not compared: it speaks of the machine or of Go's internals.</summary>
    public bool IgnoresErrorText { get; init; }

    public override string ToString() => "etcdctl " + string.Join(' ', Arguments);
}
