using Etcd.Protocol.Rpc;
using Etcd.Server.Consensus;

namespace Etcd.Server.Operations;

/// <summary>Fills in the header of replies.</summary>
public sealed class HeaderSource
{
    private readonly RaftLoop _loop;
    private readonly Func<long> _revision;

    internal HeaderSource(ulong clusterId, ulong memberId, RaftLoop loop, Func<long> revision)
    {
        ClusterId = clusterId;
        MemberId = memberId;
        _loop = loop;
        _revision = revision;
    }

    /// <summary>Identity of the cluster.</summary>
    public ulong ClusterId { get; }

    /// <summary>Identity of this member.</summary>
    public ulong MemberId { get; }

    /// <summary>Current raft term.</summary>
    public ulong Term => _loop.Leadership.Term;

    /// <summary>A header with the newest revision.</summary>
    public ResponseHeader Create() => Create(_revision());

    /// <summary>A header with the revision a reply was made at.</summary>
    public ResponseHeader Create(long revision) => Complete(new ResponseHeader { Revision = revision });

    /// <summary>Adds what apply could not know to a header that carries the revision.</summary>
    public ResponseHeader Complete(ResponseHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        header.ClusterId = ClusterId;
        header.MemberId = MemberId;
        header.RaftTerm = Term;
        return header;
    }
}
