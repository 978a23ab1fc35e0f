using Etcd.Server;

namespace Etcd.Api.Services;

/// <summary>The streams of clients that want to be told when the cluster has no leader. As in etcd they end after three election
/// time-outs without one.</summary>
internal sealed class LeaderlessStreams(EtcdServer server)
{
    private const int LeaderlessLooksMax = 3;

    private readonly Lock _gate = new();
    private readonly HashSet<Ticket> _tickets = [];
    private ITimer? _timer;
    private int _leaderlessLooks;

    /// <summary>Takes up a stream.</summary>
    /// <param name="stream">Cancelled when there has been no leader for too long.</param>
    internal Ticket Enter(CancellationTokenSource stream)
    {
        var ticket = new Ticket(this, stream);
        lock (_gate)
        {
            _tickets.Add(ticket);
            _timer ??= server.Time.CreateTimer(
                static state => ((LeaderlessStreams)state!).Look(), this, server.Options.ElectionTimeout, server.Options.ElectionTimeout);
        }

        return ticket;
    }

    private void Leave(Ticket ticket)
    {
        lock (_gate)
        {
            _tickets.Remove(ticket);
            if (_tickets.Count == 0)
            {
                _timer?.Dispose();
                _timer = null;
            }
        }
    }

    private void Look()
    {
        Ticket[] ended;
        lock (_gate)
        {
            _leaderlessLooks = server.HasLeader ? 0 : _leaderlessLooks + 1;
            if (_leaderlessLooks < LeaderlessLooksMax)
            {
                return;
            }

            ended = [.. _tickets];
        }

        foreach (Ticket ticket in ended)
        {
            ticket.Fire();
        }
    }

    /// <summary>One stream; disposed when it has ended.</summary>
    internal sealed class Ticket(LeaderlessStreams owner, CancellationTokenSource stream) : IDisposable
    {
        private readonly Lock _gate = new();
        private bool _left;

        /// <summary>Whether the stream was ended for the lack of a leader.</summary>
        internal bool HasFired { get; private set; }

        /// <inheritdoc />
        public void Dispose()
        {
            owner.Leave(this);
            lock (_gate)
            {
                _left = true;
            }
        }

        internal void Fire()
        {
            lock (_gate)
            {
                // Its source is disposed right after.
                if (!_left)
                {
                    HasFired = true;
                    _ = stream.CancelAsync();
                }
            }
        }
    }
}
