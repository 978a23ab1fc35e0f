using System.Runtime.ExceptionServices;
using System.Threading.Channels;

using Etcd.Backup;
using Etcd.Client;
using Etcd.Disk;
using Etcd.Grpc;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;

using Google.Protobuf;
using Google.Protobuf.Collections;

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
    private readonly long _baseRevision;
    private long _last;
    private Event? _lastChange;
    private ChangeRecord? _hash;

    private ChangeFollower(
        EtcdClient client, KeeperSettings settings, KeeperLog log, ChangeWriter writer, HashSet<long> leases, DateTimeOffset baseTime, long baseRevision)
    {
        _client = client;
        _settings = settings;
        _log = log;
        _writer = writer;
        _leases = leases;
        _baseTime = baseTime;
        _baseRevision = baseRevision;
    }

    private long HashedRevision => _hash?.HashRevision ?? 0;

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
        Event? lastChange = null;
        ChangeRecord? hash = null;
        long last = generation.Revision;
        while (reader.Read() is { } record)
        {
            baseTime ??= record.Time;
            last = record.Changes?.Header.Revision ?? last;
            lastChange = record.Changes?.Events.LastOrDefault() ?? lastChange;
            hash = record.Hash is null ? hash : record;
            if (record.Lease is { } lease)
            {
                leases.Add(lease.ID);
            }
        }

        ChangeWriter writer = ChangeWriter.Resume(disk, generation.ChangesPath, reader);
        if (writer.SetAsidePath is { } setAside)
        {
            log("the last record was cut short and is watched anew", ("revision", last), ("set-aside", setAside));
        }

        return new ChangeFollower(client, settings, log, writer, leases, baseTime ?? DateTimeOffset.UtcNow, generation.Revision)
        {
            _last = last,
            _lastChange = lastChange,
            _hash = hash,
        };
    }

    /// <summary>Follows the store.</summary>
    /// <param name="until">Revision at which to end; <see langword="null"/> goes on until a new base is due.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="WatchCompactedException">Changes that are not written yet are compacted.</exception>
    public async Task<FollowOutcome> RunAsync(long? until, CancellationToken cancellationToken)
    {
        if (!await IsSameHistoryAsync(cancellationToken))
        {
            return FollowOutcome.OtherHistory;
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Watcher watcher = _client.Watch.Open(
            KeyRange.All, new WatchOptions { StartRevision = _last + 1, Fragment = true, RequireLeader = true, Confirmations = true });
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
                    return HashedRevision == _last || await HashAsync(ending.Token) ? FollowOutcome.Current : FollowOutcome.OtherHistory;
                }

                if (until is null && NeedsBase())
                {
                    return FollowOutcome.BaseIsDue;
                }

                if (DateTimeOffset.UtcNow >= nextHash && HashedRevision != _last && until is null)
                {
                    nextHash = DateTimeOffset.UtcNow + _settings.HashInterval;
                    if (!await HashAsync(ending.Token))
                    {
                        return FollowOutcome.OtherHistory;
                    }
                }

                WatchResponse? message = await NextAsync(messages.Reader, nextMark, ending.Token);
                if (message is { Created: true } && !await IsSameHistoryAsync(ending.Token))
                {
                    // While the connection was lost, the cluster may have been put back, and have passed the revision that the watch waits for.
                    return FollowOutcome.OtherHistory;
                }

                if (message is { Events.Count: > 0 })
                {
                    await WriteAsync(message, ending.Token);
                }

                if (DateTimeOffset.UtcNow >= nextMark)
                {
                    nextMark = DateTimeOffset.UtcNow + _settings.MarkInterval;
                    if (!await MarkAsync(ending.Token))
                    {
                        return FollowOutcome.OtherHistory;
                    }
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
        _lastChange = message.Events[^1];
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

    /// <returns>Whether the cluster is in the same history; if not, nothing is written.</returns>
    private async Task<bool> HashAsync(CancellationToken cancellationToken)
    {
        HashKVResponse hash;
        try
        {
            hash = await _client.Maintenance.HashKvAsync(_client.Endpoints[0], _last, cancellationToken);
        }
        catch (RpcException refused)
        {
            // Compacted meanwhile, or the member is behind the one that the watch is at: the next hash will do.
            _log("no hash", ("revision", _last), ("error", refused.Message));
            return true;
        }

        // A call waits for a member that is away, and by now it may be one of a cluster that was put back.
        if (!await HasLastChangeAsync(cancellationToken))
        {
            return false;
        }

        var record = new ChangeRecord(DateTimeOffset.UtcNow) { Hash = hash, HashRevision = _last };
        _writer.Append(record);
        _hash = record;
        return true;
    }

    // Only what the member itself has reached counts: the mark says that no change is missing up to its time.
    private async Task<bool> MarkAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset asked = DateTimeOffset.UtcNow;
        long revision = await NewestRevisionAsync(cancellationToken);
        if (revision == _last)
        {
            _writer.Append(new ChangeRecord(asked) { Changes = new WatchResponse { Header = new ResponseHeader { Revision = _last } } });
        }

        return revision >= _last || IsOther("at an earlier revision than the directory", ("revision", revision), ("kept", _last));
    }

    private bool NeedsBase() =>
        // Without a change since the base, another would be the same one again.
        _last > _baseRevision
        && (DateTimeOffset.UtcNow - _baseTime >= _settings.BaseInterval || _writer.SizeBytes >= _settings.BaseBytes);

    private async Task<long> NewestRevisionAsync(CancellationToken cancellationToken) =>
        (await _client.Kv.GetAsync("\0", new GetOptions { KeysOnly = true }, cancellationToken)).Header.Revision;

    /// <summary>Whether the cluster still has what is written. One that was restored from a backup has its id if addresses and token are the same; its
    /// revision, the hash of its keys or what stands at the last revision tells.</summary>
    private async Task<bool> IsSameHistoryAsync(CancellationToken cancellationToken)
    {
        long revision = await NewestRevisionAsync(cancellationToken);
        if (revision < _last)
        {
            return IsOther("at an earlier revision than the directory", ("revision", revision), ("kept", _last));
        }

        return await HasHashAsync(cancellationToken) && await HasLastChangeAsync(cancellationToken);
    }

    private bool IsOther(string reason, params ReadOnlySpan<(string Name, object Value)> facts)
    {
        _log("the cluster was put back to an earlier state: it does not go on from what is kept", [("reason", reason), .. facts]);
        return false;
    }

    /// <summary>Whether the cluster's keys have the hash that was recorded last. A compaction changes it, so that it cannot be told after one.</summary>
    private async Task<bool> HasHashAsync(CancellationToken cancellationToken)
    {
        if (_hash is not { Hash: { } kept })
        {
            return true;
        }

        try
        {
            HashKVResponse found = await _client.Maintenance.HashKvAsync(_client.Endpoints[0], HashedRevision, cancellationToken);
            return found.CompactRevision != kept.CompactRevision
                || found.Hash == kept.Hash
                || IsOther("the hash of its keys is another", ("revision", HashedRevision));
        }
        catch (RpcException refused)
        {
            _log("no hash to compare with", ("revision", HashedRevision), ("error", refused.Message));
            return true;
        }
    }

    /// <summary>Whether what was changed last was changed at that revision and as it is written, as far as the cluster still knows.</summary>
    private async Task<bool> HasLastChangeAsync(CancellationToken cancellationToken)
    {
        if (_lastChange is not { } change)
        {
            return true;
        }

        long revision = change.Kv.ModRevision;
        try
        {
            RepeatedField<KeyValue> then = await GetAtAsync(change.Kv.Key, revision, cancellationToken);
            bool isThere = change.Type == Event.Types.EventType.Delete
                ? then.Count == 0 && (await GetAtAsync(change.Kv.Key, revision - 1, cancellationToken)).Count == 1
                : then is [{ } found] && found.Equals(change.Kv);
            return isThere || IsOther("another change stands at the last revision", ("revision", revision));
        }
        catch (RpcException compacted) when (compacted.Code == RpcStatusCode.OutOfRange)
        {
            _log("the last change is compacted and cannot be compared", ("revision", revision));
            return true;
        }
    }

    private async Task<RepeatedField<KeyValue>> GetAtAsync(ByteString key, long revision, CancellationToken cancellationToken) =>
        (await _client.Kv.GetAsync(key, new GetOptions { Revision = revision }, cancellationToken)).Kvs;
}
