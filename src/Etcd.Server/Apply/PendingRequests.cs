using Etcd.Protocol.Errors;
using Etcd.Server.Pumps;

namespace Etcd.Server.Apply;

/// <summary>All requests that wait, in the order of their deadlines, so that none waits forever.</summary>
/// <remarks>Every request has the same time-out: the queue is in deadline order by construction and only its head is ever looked at.</remarks>
internal sealed class PendingRequests(Execution execution)
{
    private readonly Queue<PendingRequest> _waiting = new();
    private readonly Lock _gate = new();
    private bool _closed;

    /// <summary>Requests that nobody has answered yet. Looks at every request kept: for an occasional reader.</summary>
    internal int CountUnanswered()
    {
        lock (_gate)
        {
            int unanswered = 0;
            foreach (PendingRequest request in _waiting)
            {
                unanswered += request.IsAnswered ? 0 : 1;
            }

            return unanswered;
        }
    }

    /// <summary>Keeps watch over a request.</summary>
    /// <returns><see langword="false"/> when the server is stopping.</returns>
    internal bool TryAdd(PendingRequest request)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return false;
            }

            _waiting.Enqueue(request);
            return true;
        }
    }

    /// <summary>Fails the requests whose deadline has passed and forgets those that were answered.</summary>
    /// <param name="now">Timestamp of the server's clock.</param>
    /// <param name="error">What the late ones are told.</param>
    /// <returns>How many were late.</returns>
    internal int Expire(long now, EtcdErrorCode error)
    {
        var late = new ReplyBatch();
        lock (_gate)
        {
            while (_waiting.TryPeek(out PendingRequest? request) && (request.IsAnswered || request.Deadline <= now))
            {
                _waiting.Dequeue();
                if (!request.IsAnswered)
                {
                    late.Add(request, null, new EtcdException(error));
                }
            }
        }

        int count = late.Count;
        DeliverUnlessEmpty(late);
        return count;
    }

    /// <summary>Fails all that wait and refuses new ones.</summary>
    internal void Close()
    {
        var remaining = new ReplyBatch();
        lock (_gate)
        {
            _closed = true;
            while (_waiting.TryDequeue(out PendingRequest? request))
            {
                remaining.Add(request, null, new EtcdException(EtcdErrorCode.Stopped));
            }
        }

        DeliverUnlessEmpty(remaining);
    }

    private void DeliverUnlessEmpty(ReplyBatch batch)
    {
        if (!batch.IsEmpty)
        {
            batch.Deliver(execution);
        }
    }
}
