using Etcd.Server.Pumps;

namespace Etcd.Server.Apply;

/// <summary>Replies that one pass of apply produced, delivered together by one thread-pool item: waking a thread costs more than
/// completing a request, so a batch pays for it once and apply never runs callers' code itself.</summary>
internal sealed class ReplyBatch : IThreadPoolWorkItem
{
    private readonly List<(PendingRequest Request, object? Reply, Exception? Error)> _replies = [];

    /// <summary>Whether nothing is to be delivered.</summary>
    internal bool IsEmpty => _replies.Count == 0;

    /// <summary>Replies to be delivered.</summary>
    internal int Count => _replies.Count;

    /// <summary>Adds the outcome of a request, unless its caller has given up.</summary>
    internal void Add(PendingRequest request, object? reply, Exception? error)
    {
        if (!request.TryClaim())
        {
            return;
        }

        if (request.CarriedByThread == Environment.CurrentManagedThreadId)
        {
            Complete(request, reply, error);
        }
        else
        {
            _replies.Add((request, reply, error));
        }
    }

    /// <summary>Hands the batch over; it must not be touched afterwards.</summary>
    internal void Deliver(Execution execution) => execution.Queue(this);

    /// <inheritdoc />
    public void Execute()
    {
        foreach ((PendingRequest request, object? reply, Exception? error) in _replies)
        {
            Complete(request, reply, error);
        }
    }

    private static void Complete(PendingRequest request, object? reply, Exception? error)
    {
        if (error is null)
        {
            request.Succeed(reply!);
        }
        else
        {
            request.Fail(error);
        }
    }
}
