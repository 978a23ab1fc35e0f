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

    /// <summary>Takes out the request of that id; <see langword="null"/> if it is somebody else's.</summary>
    internal PendingRequest? Take(ulong id)
    {
        lock (_gate)
        {
            _byId.Remove(id, out PendingRequest? request);
            Volatile.Write(ref _count, _byId.Count);
            return request;
        }
    }
}
