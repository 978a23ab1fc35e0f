using System.Runtime.ExceptionServices;
using System.Threading.Channels;

using Etcd.Backup;
using Etcd.Client;
using Etcd.Disk;
using Etcd.Grpc;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;

namespace Etcdctl.Backups;

/// <summary>Writes every change of the store behind a base, in order and without a gap.</summary>
internal sealed class ChangeFollower : IDisposable
{
    private const int MessagesWaitingMax = 64;

    private readonly EtcdClient _client;
    private readonly KeeperSettings _settings;
    private readonly KeeperLog _log;
    private readonly ChangeWriter _writer;
    private readonly HashSet<long> _leases;
    private readonly DateTimeOffset _baseTime;
    private long _last;
    private long _hashed;

    private ChangeFollower(
        EtcdClient client, KeeperSettings settings, KeeperLog log, ChangeWriter writer, HashSet<long> leases, DateTimeOffset baseTime, long last, long hashed)
    {
        _client = client;
        _settings = settings;
        _log = log;
        _writer = writer;
        _leases = leases;
        _baseTime = baseTime;
        _last = last;
        _hashed = hashed;
    }

    /// <summary>Reads what is there already.</summary>
    /// <exception cref="InvalidDataException">It is the backup of another cluster.</exception>
    /// <exception cref="DamagedBackupException">The file is damaged.</exception>
    public static ChangeFollower Open(
        EtcdClient client, IFileSystem disk, BackupGeneration generation, KeeperSettings settings, ulong clusterId, KeeperLog log)
    {
        if (!disk.FileExists(generation.ChangesPath))
        {
            // A crash came between the base and its changes.
            ChangeWriter.Create(disk, generation.ChangesPath, clusterId, generation.Revision + 1).Dispose();
        }

        using ChangeReader reader = ChangeReader.Open(disk, generation.ChangesPath);
        if (reader.ClusterId != clusterId)
        {
            throw new InvalidDataException($"{generation.Directory} holds the backup of cluster {reader.ClusterId:x}, not of {clusterId:x}");
        }

        HashSet<long> leases = [];
        DateTimeOffset? baseTime = null;
        long last = generation.Revision, hashed = 0;
        while (reader.Read() is { } record)
        {
            baseTime ??= record.Time;
            last = record.Changes?.Header.Revision ?? last;
            hashed = record.Hash is null ? hashed : record.HashRevision;
            if (record.Lease is { } lease)
            {
                leases.Add(lease.ID);
            }
        }

        ChangeWriter writer = ChangeWriter.Resume(disk, generation.ChangesPath, reader);
        return new ChangeFollower(client, settings, log, writer, leases, baseTime ?? DateTimeOffset.UtcNow, last, hashed);
    }

    /// <summary>Follows the store.</summary>
    /// <param name="until">Revision at which to end; <see langword="null"/> goes on until a new base is due.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="WatchCompactedException">Changes that are not written yet are compacted.</exception>
    public async Task<FollowOutcome> RunAsync(long? until, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Watcher watcher = _client.Watch.Open(KeyRange.All, new WatchOptions { StartRevision = _last + 1, Fragment = true, RequireLeader = true });
        var messages = Channel.CreateBounded<WatchResponse>(MessagesWaitingMax);
        Task reading = ReadAsync(watcher, messages.Writer, ending.Token);
        DateTimeOffset nextMark = DateTimeOffset.UtcNow + _settings.MarkInterval;
        DateTimeOffset nextHash = DateTimeOffset.UtcNow;
        try
        {
            while (true)
            {
                if (until <= _last)
                {
                    if (_hashed != _last)
                    {
                        await HashAsync(ending.Token);
                    }

                    return FollowOutcome.Current;
                }

                if (until is null && (DateTimeOffset.UtcNow - _baseTime >= _settings.BaseInterval || _writer.SizeBytes >= _settings.BaseBytes))
                {
                    return FollowOutcome.BaseIsDue;
                }

                WatchResponse? message = await NextAsync(messages.Reader, nextMark, ending.Token);
                if (message is { Events.Count: > 0 })
                {
                    await WriteAsync(message, ending.Token);
                }

                if (DateTimeOffset.UtcNow >= nextHash && _hashed != _last && until is null)
                {
                    nextHash = DateTimeOffset.UtcNow + _settings.HashInterval;
                    await HashAsync(ending.Token);
                }

                if (DateTimeOffset.UtcNow >= nextMark)
                {
                    nextMark = DateTimeOffset.UtcNow + _settings.MarkInterval;
                    await MarkAsync(ending.Token);
                }
            }
        }
        finally
        {
            await ending.CancelAsync();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _writer.Dispose();

    private static async Task ReadAsync(Watcher watcher, ChannelWriter<WatchResponse> messages, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (WatchResponse message in watcher.ReadAsync(cancellationToken))
            {
                await messages.WriteAsync(message, cancellationToken);
            }

            messages.Complete();
        }
        catch (Exception failure)
        {
            // The writing side ends with the same exception.
            messages.Complete(failure);
        }
    }

    /// <summary>The next message; <see langword="null"/> when the time for a mark has come first.</summary>
    private static async Task<WatchResponse?> NextAsync(ChannelReader<WatchResponse> messages, DateTimeOffset markAt, CancellationToken cancellationToken)
    {
        TimeSpan left = markAt - DateTimeOffset.UtcNow;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1));
        try
        {
            return await messages.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (ChannelClosedException closed) when (closed.InnerException is { } reason)
        {
            ExceptionDispatchInfo.Throw(reason);
            throw;
        }
    }

    private async Task WriteAsync(WatchResponse message, CancellationToken cancellationToken)
    {
        long revision = _last;
        foreach (Event change in message.Events)
        {
            long main = change.Kv.ModRevision;
            bool continues = main == revision && revision != _last;
            if (!continues && main != revision + 1)
            {
                // Every revision changes a key, so a user that may read all of them sees every revision; and each message has the whole of its revisions:
                // who restores takes what is of a revision he has for a repetition.
                throw new InvalidDataException(
                    $"revision {main} follows {revision}: the member does not report all changes; does the user have access to all keys?");
            }

            revision = main;
            if (change.Kv.Lease != 0 && _leases.Add(change.Kv.Lease))
            {
                await WriteLeaseAsync(change.Kv.Lease, cancellationToken);
            }
        }

        message.Header = new ResponseHeader { Revision = revision };
        _writer.Append(new ChangeRecord(DateTimeOffset.UtcNow) { Changes = message });
        _last = revision;
    }

    // A lease that has ended by now is about to take its keys along, so that the shortest will do.
    private async Task WriteLeaseAsync(long id, CancellationToken cancellationToken)
    {
        LeaseTimeToLiveResponse lease = await _client.Leases.TimeToLiveAsync(id, cancellationToken: cancellationToken);
        const long ShortestSeconds = 2;
        _writer.Append(new ChangeRecord(DateTimeOffset.UtcNow)
        {
            Lease = new LeaseTimeToLiveResponse { ID = id, GrantedTTL = Math.Max(lease.GrantedTTL, ShortestSeconds) },
        });
    }

    private async Task HashAsync(CancellationToken cancellationToken)
    {
        try
        {
            HashKVResponse hash = await _client.Maintenance.HashKvAsync(_client.Endpoints[0], _last, cancellationToken);
            _writer.Append(new ChangeRecord(DateTimeOffset.UtcNow) { Hash = hash, HashRevision = _last });
            _hashed = _last;
        }
        catch (RpcException refused)
        {
            // Compacted meanwhile, or the member is behind the one that the watch is at: the next hash will do.
            _log("no hash", ("revision", _last), ("error", refused.Message));
        }
    }

    // Only what the member itself has reached counts: the mark says that no change is missing up to its time.
    private async Task MarkAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset asked = DateTimeOffset.UtcNow;
        RangeResponse now = await _client.Kv.GetAsync("\0", new GetOptions { KeysOnly = true }, cancellationToken);
        if (now.Header.Revision == _last)
        {
            _writer.Append(new ChangeRecord(asked) { Changes = new WatchResponse { Header = new ResponseHeader { Revision = _last } } });
        }
    }
}
