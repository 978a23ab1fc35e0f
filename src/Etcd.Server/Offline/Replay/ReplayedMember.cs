using System.Text;
using System.Text.Json;

using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Lease;
using Etcd.Mvcc;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Raft;
using Etcd.Raft.Encoding;
using Etcd.Server.Access;
using Etcd.Server.Apply;
using Etcd.Server.Leases;
using Etcd.Server.Limits;
using Etcd.Server.Membership;
using Etcd.Server.Observation;
using Etcd.Server.Pumps;
using Etcd.V2;

using Google.Protobuf;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Server.Offline.Replay;

/// <summary>The state machines of a member on a database, without consensus, log and network: entries are applied to it as a member applies
/// them, by the same classes.</summary>
/// <remarks>
/// Leases end by entries of the log, not by a clock. A space quota never changes what an entry does, so there is none. The keys of the v2 API are
/// in no database: what the log says about them goes into a tree that is thrown away, while members and versions, which travel the same way,
/// are kept.
/// </remarks>
internal sealed class ReplayedMember : IDisposable
{
    // What is not committed yet is in memory.
    private const long BytesPerCommit = 16L << 20;

    private readonly Backend _backend;
    private readonly MvccStore _store;
    private readonly ClusterMembership _membership;
    private readonly MemberAccess _access;
    private readonly MembershipApplier _membershipApplier;
    private readonly V2Applier _v2;
    private readonly RequestApplier _requests;
    private long _uncommittedBytes;

    private ReplayedMember(Backend backend, ClusterMembership membership, ServerOptions options, TimeProvider time)
    {
        _backend = backend;
        _membership = membership;
        var log = new ServerLog(NullLogger.Instance);
        var lessor = new Lessor(new BackendLeaseRecords(backend), time, new LessorOptions { TtlSecondsMin = options.LeaseTtlSecondsMin });
        lessor.Recover();
        _access = new MemberAccess(
            backend, lessor, options, membership, membership.View.ClusterId, time, NullLoggerFactory.Instance, Execution.Threads);
        _store = MvccStore.Open(backend, lessor, new MvccOptions { CompactsInBackground = false });
        _membershipApplier = new MembershipApplier(backend, membership, int.MaxValue, log);
        _v2 = new V2Applier(membership.Tree, _membershipApplier, time);
        _requests = new RequestApplier(
            _store,
            lessor,
            new AlarmStore(backend) { Log = log },
            new BackendQuota(backend, configuredBytes: -1),
            _membershipApplier,
            _access.Applier,
            new ServerInstruments(time),
            new DowngradeStore(backend),
            new RevokesUnderWay());
    }

    /// <summary>Index of the last entry that is applied.</summary>
    internal ulong AppliedIndex => _backend.ConsistentIndex;

    /// <summary>Its term; 0 in a database of 3.4, which does not keep it.</summary>
    internal ulong AppliedTerm => _backend.ConsistentTerm;

    /// <summary>Newest revision.</summary>
    internal long Revision => _store.CurrentRevision;

    /// <summary>The members by now.</summary>
    internal ClusterView Members => _membership.View;

    /// <summary>Keys and history, for checks.</summary>
    internal MvccStore Store => _store;

    /// <summary>Opens a database.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="path">The database; nobody else uses it.</param>
    /// <param name="clusterId">The cluster whose log is to be applied.</param>
    /// <param name="time">Clock of leases; it decides nothing here.</param>
    /// <exception cref="InvalidDataException">What the database says about members makes no sense, or it is of a later release.</exception>
    internal static ReplayedMember Open(IFileSystem disk, string path, ulong clusterId, TimeProvider time)
    {
        // Opened for writing, a file of zeros would be taken for one that is still to be made.
        BoltDatabase.Open(disk, path, new BoltOptions { ReadOnly = true }).Dispose();
        Backend backend = Backend.Open(disk, path, new BackendOptions { CommitsOnOwnThread = false, BatchInterval = TimeSpan.FromHours(1) });
        try
        {
            var options = new ServerOptions
            {
                DataDirectory = path,
                InitialCluster = new Dictionary<string, IReadOnlyList<string>>(),
            };
            return new ReplayedMember(backend, MembersOf(backend, clusterId), options, time);
        }
        catch
        {
            backend.Dispose();
            throw;
        }
    }

    /// <summary>Applies the next entry of the log.</summary>
    /// <exception cref="InvalidDataException">It holds no request, or one of a later release's cluster.</exception>
    /// <exception cref="UnsupportedEntryException">It holds a request that this release does not know.</exception>
    internal void Apply(in Entry entry)
    {
        if (entry.Type != EntryType.Normal)
        {
            ApplyConfiguration(entry);
        }
        else if (!entry.Data.IsEmpty)
        {
            ApplyRequest(EntryRequest.Parse(entry), entry.Index);
        }

        _backend.EndEntry(entry.Index, entry.Term);
        _uncommittedBytes += entry.Data.Length;
        if (_uncommittedBytes >= BytesPerCommit)
        {
            _backend.Commit();
            _uncommittedBytes = 0;
        }

        _store.RunCompactions();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _store.Dispose();
        _access.Dispose();
        _backend.Dispose();
    }

    private void ApplyRequest(IMessage request, ulong index)
    {
        if (request is Request legacy)
        {
            _v2.Apply(legacy, isInBackend: false);
            return;
        }

        try
        {
            _requests.Apply((InternalRaftRequest)request, index);
        }
        catch (EtcdException)
        {
            // The member refused it as well, and told its client.
        }
    }

    private void ApplyConfiguration(in Entry entry)
    {
        if (entry.Type == EntryType.ConfChangeV2)
        {
            throw new UnsupportedEntryException($"log entry {entry.Index} is a joint configuration change, which etcd servers do not write");
        }

        _membershipApplier.Apply(ConfChangeCodec.ReadConfChange(entry.Data), isInBackend: false, out _);
        var configuration = new ConfState
        {
            Voters = [.. Members.Members.Where(member => !member.IsLearner).Select(member => member.Id)],
            Learners = [.. Members.Members.Where(member => member.IsLearner).Select(member => member.Id)],
        };
        _backend.Put(BackendBucket.Meta, "confState"u8.ToArray(), ConfStateRecord.Write(configuration));
    }

    /// <summary>The members as the database has them; a running member has them from its <c>.snap</c> file, which no snapshot carries.</summary>
    private static ClusterMembership MembersOf(Backend backend, ulong clusterId)
    {
        var membership = new ClusterMembership(clusterId, V2NameSpaces.NewStore());
        using BackendView view = backend.View();
        try
        {
            BackendCursor members = view.Scan(BackendBucket.Members);
            while (members.MoveNext())
            {
                Member member = MemberRecord.Read(members.Value.ToArray());
                membership.TryAdd(member);
                membership.TrySetAttributes(
                    member.Id, Encoding.UTF8.GetString(MemberRecord.WriteAttributes(member.Name, member.ClientUrls)), member.Name, member.ClientUrls);
            }

            BackendCursor removed = view.Scan(BackendBucket.MembersRemoved);
            while (removed.MoveNext())
            {
                ulong id = Convert.ToUInt64(Encoding.ASCII.GetString(removed.Key), 16);
                membership.TryAdd(new Member(id, [], IsLearner: false, string.Empty, []));
                membership.TryRemove(id);
            }
        }
        catch (Exception malformed) when (malformed is JsonException or FormatException or OverflowException)
        {
            throw new InvalidDataException($"the member list cannot be read: {malformed.Message}", malformed);
        }

        BackendCursor cluster = view.Scan(BackendBucket.Cluster);
        while (cluster.MoveNext())
        {
            if (cluster.Key.SequenceEqual("clusterVersion"u8))
            {
                membership.SetVersion(Encoding.UTF8.GetString(cluster.Value));
            }
        }

        return membership;
    }
}
