namespace Etcd.Server.Consensus;

/// <summary>Whether inputs come to the consensus loop one at a time: then the thread that brings one carries it. The loop counts, once a turn;
/// any thread asks.</summary>
internal sealed class InputPace
{
    /// <summary>Turns with one proposal after which proposals count as coming one at a time. Among many writers some turns have just one, and
    /// to sync for it alone would make all others wait.</summary>
    private const int LoneProposalsMin = 8;

    /// <summary>Turns with few inputs after which reads, and what followers answer, count as coming one at a time.</summary>
    private const int QuietTurnsMin = 8;

    /// <summary>Inputs of members and clients that a quiet turn may have: two followers answer at about the same time.</summary>
    private const int InputsWhenQuietMax = 2;

    private int _proposalsTaken;
    private int _inputsTaken; // of members and clients
    private int _quietTurns; // since the last with many inputs
    private int _loneProposals; // turns with exactly one since the last with several

    /// <summary>Whether proposals come one at a time.</summary>
    internal bool HasLoneProposals => Volatile.Read(ref _loneProposals) >= LoneProposalsMin;

    /// <summary>Whether few inputs come to a turn.</summary>
    internal bool IsQuiet => Volatile.Read(ref _quietTurns) >= QuietTurnsMin;

    /// <summary>A turn begins.</summary>
    internal void BeginTurn()
    {
        _proposalsTaken = 0;
        _inputsTaken = 0;
    }

    /// <summary>An input is taken.</summary>
    internal void Take(RaftInputKind kind) =>
        _inputsTaken += kind is RaftInputKind.Propose or RaftInputKind.Message or RaftInputKind.Read ? 1 : 0;

    /// <summary>Proposals are taken.</summary>
    internal void TakeProposals(int proposals) => _proposalsTaken += proposals;

    /// <summary>All inputs of the turn are taken.</summary>
    internal void EndInputs()
    {
        if (_proposalsTaken > 0)
        {
            Volatile.Write(ref _loneProposals, _proposalsTaken > 1 ? 0 : _loneProposals + 1);
        }

        if (_inputsTaken > 0)
        {
            Volatile.Write(ref _quietTurns, _inputsTaken > InputsWhenQuietMax ? 0 : _quietTurns + 1);
        }
    }
}
