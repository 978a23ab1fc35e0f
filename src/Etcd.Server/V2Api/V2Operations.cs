using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Server.Consensus;
using Etcd.V2;
using Etcd.V2.Watching;

namespace Etcd.Server.V2Api;

/// <summary>What clients of the v2 API do with keys.</summary>
public sealed class V2Operations
{
    // The tree is in memory on every member, and written whole into each snapshot file.
    private const long TreeBytesMax = 512L * 1024 * 1024;

    private readonly long _bytesMax;
    private readonly V2Store _tree;
    private readonly RaftLoop _loop;
    private readonly Proposals _proposals;
    private readonly TimeProvider _time;

    internal V2Operations(V2Store tree, RaftLoop loop, Proposals proposals, TimeProvider time, long quotaBytes)
    {
        _bytesMax = Math.Min(quotaBytes, TreeBytesMax);
        _tree = tree;
        _loop = loop;
        _proposals = proposals;
        _time = time;
    }

    /// <summary>Index up to which the log is committed; replies carry it.</summary>
    public ulong RaftIndex => _loop.CommitIndex;

    /// <summary>Term of the log; replies carry it.</summary>
    public ulong RaftTerm => _loop.Leadership.Term;

    /// <summary>What was done with the tree on this member.</summary>
    public V2Statistics Statistics => _tree.ReadStatistics();

    /// <summary>Unix time in nanoseconds by the server's clock, from which a request's TTL counts.</summary>
    public long NowNanoseconds => UnixTime.NowNanoseconds(_time);

    /// <summary>Reads a node as this member knows it.</summary>
    public V2Result Get(string path, bool recursive) => _tree.Get(path, recursive, NowNanoseconds);

    /// <summary>Watches a path; see <see cref="V2Store.Watch"/>.</summary>
    public (V2Watcher? Watcher, V2Error? Error) Watch(string path, bool recursive, bool stream, ulong sinceIndex) =>
        _tree.Watch(path, recursive, stream, sinceIndex);

    /// <summary>Replicates a write, or a read that is to see all that was acknowledged before it.</summary>
    /// <param name="request">Made by <see cref="V2Requests.Create"/>; gets its id here.</param>
    /// <returns>What it came to when it was applied here.</returns>
    /// <exception cref="EtcdException">It was not applied here in time, or not accepted.</exception>
    public ValueTask<V2Result> ProposeAsync(Request request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Method is V2Requests.Put or V2Requests.Post && !HasRoomFor(request))
        {
            throw new EtcdException(EtcdErrorCode.NoSpace);
        }

        request.ID = _proposals.NextId();
        return _proposals.ProposeAsync(request);
    }

    // Asked before the request is replicated: whatever stands in the log is applied, as on every other member.
    private bool HasRoomFor(Request request) =>
        _tree.View.Root.Bytes + (sizeof(char) * ((long)request.Path.Length + request.Val.Length)) <= _bytesMax;
}
