using Etcd.Protocol.Errors;
using Etcd.Server.Pumps;

namespace Etcd.Server.Apply;

/// <summary>All requests that wait, in the order of their deadlines, so that none waits forever.</summary>
/// <remarks>
/// Every request has the same time-out: the list is in deadline order by construction and only its head is ever looked at. It is linked through
/// the requests themselves, so that an answered one leaves at once: requests that stay a little longer than they must outlive a collection of the
/// youngest generation, and copying thousands of them was most of what collections cost.
/// </remarks>
internal sealed class PendingRequests(ForwardedRequests forwarded, Execution execution)
{
    private readonly Lock _gate = new();
    private PendingRequest? _first;
    private PendingRequest? _last;
    private int _count;
    private bool _closed;

    /// <summary>Requests that nobody has answered yet.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>Keeps watch over a request until somebody claims the right to answer it.</summary>
    /// <returns><see langword="false"/> when the server is stopping.</returns>
    internal bool TryAdd(PendingRequest request)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return false;
            }

            request.Watcher = this;
            request.Previous = _last;
            if (_last is null)
            {
                _first = request;
            }
            else
            {
                _last.Next = request;
            }

            _last = request;
            _count++;
            return true;
        }
    }

    /// <summary>Forgets a request that was claimed.</summary>
    internal void Remove(PendingRequest request)
    {
        lock (_gate)
        {
            if (request.Watcher is null)
            {
                return;
            }

            if (request.Previous is { } previous)
            {
                previous.Next = request.Next;
            }
            else
            {
                _first = request.Next;
            }

            if (request.Next is { } next)
            {
                next.Previous = request.Previous;
            }
            else
            {
                _last = request.Previous;
            }

            request.Watcher = null;
            request.Previous = null;
            request.Next = null;
            _count--;
        }
    }

    /// <summary>Fails the requests whose deadline has passed.</summary>
    /// <param name="now">Timestamp of the server's clock.</param>
    /// <param name="why">What a late one is told.</param>
    /// <returns>How many were late.</returns>
    internal int Expire(long now, Func<PendingRequest, EtcdErrorCode> why)
    {
        var late = new ReplyBatch();
        lock (_gate)
        {
            while (_first is { } request && request.Deadline <= now)
            {
                // Whoever has claimed it meanwhile comes to remove it, and finds that done.
                Remove(request);
                late.Add(request, null, new EtcdException(why(request)));

                // Once it is claimed: the loop, which may be forwarding it right now, looks for that after it has put it there.
                forwarded.Remove(request);
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
            while (_first is { } request)
            {
                Remove(request);
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
