using Etcd.Raft;

namespace Etcd.Peer.Codecs;

/// <summary>Where the next append on a connection belongs if it simply goes on. Both ends keep it, from zero, and it lets a frame leave out
/// everything but entries and commit index.</summary>
/// <remarks>A position that differs between the ends would put entries into the wrong place of a log without anybody noticing, so
/// both ends check that the entries' own indexes fit.</remarks>
internal struct AppendPosition
{
    /// <summary>Term of the sender and of the entry at <see cref="Index"/>.</summary>
    public ulong Term { get; private set; }

    /// <summary>The entry before the next one.</summary>
    public ulong Index { get; private set; }

    /// <summary>Whether the append goes on from here.</summary>
    public readonly bool IsFollowedBy(RaftMessage append) =>
        append.Index == Index && append.LogTerm == Term && append.LogTerm == append.Term;

    /// <summary>Moves behind a whole message.</summary>
    public void MoveBehind(RaftMessage append)
    {
        Term = append.Term;
        Index = append.Entries.IsEmpty ? append.Index : append.Entries.Span[^1].Index;
    }

    /// <summary>Moves behind one entry.</summary>
    /// <exception cref="PeerFrameException">The entry does not stand next in the log.</exception>
    public void MoveBehind(in Entry entry)
    {
        if (entry.Index != Index + 1)
        {
            throw new PeerFrameException($"append stream: entry {entry.Index} does not follow entry {Index}");
        }

        Index++;
    }
}
