namespace Etcd.Server.Apply;

/// <summary>Requests that this member has sent to a leader elsewhere. They come back as log entries like everybody's, and apply finds the
/// callers here. Any thread.</summary>
internal sealed class ForwardedRequests
{
    private readonly Dictionary<ulong, PendingRequest> _byId = [];
    private readonly Lock _gate = new();
    private int _count;

    /// <summary>Whether nothing is kept; then an entry need not be looked into for its id.</summary>
    internal bool IsEmpty => Volatile.Read(ref _count) == 0;

    /// <summary>Keeps requests that are about to leave.</summary>
    internal void Add(IReadOnlyList<PendingRequest> requests)
    {
        lock (_gate)
        {
            foreach (PendingRequest request in requests)
            {
                _byId[request.Id] = request;
            }

            Volatile.Write(ref _count, _byId.Count);
        }
    }

    /// <summary>Takes out the request that has come back as an entry; <see langword="null"/> if it is somebody else's.</summary>
    /// <param name="id">The id in the entry. It does not tell whose the entry is: ids of two members collide if their own ids agree in the low 16 bits,
    /// and those of two lives of one member if its clock was set back.</param>
    /// <param name="entryData">The entry's bytes. A request with others stays: its own entry is still to come.</param>
    internal PendingRequest? Take(ulong id, ReadOnlyMemory<byte> entryData)
    {
        lock (_gate)
        {
            if (!_byId.TryGetValue(id, out PendingRequest? request) || !request.IsCarriedBy(entryData))
            {
                return null;
            }

            _byId.Remove(id);
            Volatile.Write(ref _count, _byId.Count);
            return request;
        }
    }

    /// <summary>Forgets a request that somebody has claimed the right to answer.</summary>
    internal void Remove(PendingRequest request)
    {
        lock (_gate)
        {
            if (_byId.TryGetValue(request.Id, out PendingRequest? kept) && kept == request)
            {
                _byId.Remove(request.Id);
                Volatile.Write(ref _count, _byId.Count);
            }
        }
    }
}
