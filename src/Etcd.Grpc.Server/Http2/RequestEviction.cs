using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Etcd.Grpc.Server.Http2;

/// <summary>Makes room when the connections of a server hold too many request bytes: requests that are not whole are reset, on whichever connection they
/// are, the oldest first.</summary>
/// <remarks>Windows are not simply closed: only the end of a request makes room, and those that are open could then not end.</remarks>
internal sealed class RequestEviction(RequestMemory memory, ConcurrentDictionary<ServerConnection, bool> connections)
{
    private int _isRunning;

    /// <summary>Resets requests until there is room, or none is left that could be. By a thread that holds no connection's lock.</summary>
    public void MakeRoom()
    {
        if (Interlocked.Exchange(ref _isRunning, 1) != 0)
        {
            // Whoever makes room already does so for all.
            return;
        }

        try
        {
            Run();
        }
        finally
        {
            memory.RoomWasMade();
            Volatile.Write(ref _isRunning, 0);
        }
    }

    private void Run()
    {
        var requests = new List<UnfinishedRequest>();
        foreach ((ServerConnection connection, _) in connections)
        {
            connection.AddUnfinished(requests);
        }

        requests.Sort();
        var changed = new HashSet<ServerConnection>();
        foreach (ref readonly UnfinishedRequest request in CollectionsMarshal.AsSpan(requests))
        {
            if (memory.Excess <= 0)
            {
                break;
            }

            if (request.Stream.Connection.TryGiveUp(request))
            {
                changed.Add(request.Stream.Connection);
            }
        }

        foreach (ServerConnection connection in changed)
        {
            connection.Flush();
            connection.CloseIfDone();
        }
    }
}
