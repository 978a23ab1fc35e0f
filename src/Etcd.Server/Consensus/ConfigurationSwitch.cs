using Etcd.Raft;
using Etcd.Server.Pumps;

namespace Etcd.Server.Consensus;

/// <summary>Asks the consensus loop to switch to a committed configuration; apply waits for the answer, because later entries may already
/// rely on the new members.</summary>
internal sealed class ConfigurationSwitch(ConfChangeV2 change, ulong index) : IDisposable
{
    private readonly ManualResetEventSlim _done = new();
    private ConfState? _result;

    /// <summary>The committed change.</summary>
    internal ConfChangeV2 Change { get; } = change;

    /// <summary>Log index of the change.</summary>
    internal ulong Index { get; } = index;

    /// <summary>Called by the loop.</summary>
    internal void Complete(ConfState result)
    {
        _result = result;
        _done.Set();
    }

    /// <summary>Called by apply.</summary>
    /// <param name="execution">How to wait for the loop.</param>
    /// <param name="stopping">Cancelled when the loop has ended and will never answer.</param>
    /// <exception cref="OperationCanceledException">The loop has ended.</exception>
    internal ConfState Wait(Execution execution, CancellationToken stopping)
    {
        execution.Wait(_done, stopping);
        return _result!;
    }

    /// <inheritdoc />
    public void Dispose() => _done.Dispose();
}
