using Etcd.Mvcc;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Server;

using Google.Protobuf;

namespace Etcd.Api.Http.Probes;

/// <summary>What the probes look at.</summary>
/// <param name="server">The member.</param>
internal sealed class ProbeChecks(EtcdServer server)
{
    // Any key does: the read proves that the store answers.
    private static readonly RangeRequest Question = new()
    {
        Key = ByteString.CopyFromUtf8("\0"),
        Limit = 1,
        KeysOnly = true,
        Serializable = true,
    };

    /// <summary>Whether members have been found to disagree.</summary>
    internal ValueTask<string?> FindCorruptionAsync(CancellationToken cancellationToken) =>
        new(server.Maintenance.Alarms.Any(alarm => alarm.Alarm == AlarmType.Corrupt) ? "alarm activated: CORRUPT" : null);

    /// <summary>Whether the store answers.</summary>
    internal ValueTask<string?> ReadHereAsync(CancellationToken cancellationToken) => new(Read());

    /// <summary>Whether the cluster, and then the store, answers.</summary>
    internal async ValueTask<string?> ReadConfirmedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await server.Cluster.ConfirmAsync(cancellationToken).ConfigureAwait(false);
            return Read();
        }
        catch (EtcdException failure)
        {
            return failure.Message;
        }
    }

    /// <summary>Whether the member takes all kinds of requests.</summary>
    internal ValueTask<string?> RefuseLearnerAsync(CancellationToken cancellationToken) =>
        new(server.IsLearner ? "not supported for learner" : null);

    private string? Read()
    {
        try
        {
            if (server.KeyValues.TryRange(Question, out RangeReply? reply))
            {
                reply.Dispose();
            }

            return null;
        }
        catch (EtcdException failure) when (failure.Code
            is EtcdErrorCode.UserEmpty or EtcdErrorCode.PermissionDenied or EtcdErrorCode.Corrupt)
        {
            // Refused by a rule, which a check of its own tells if it matters: the store is there.
            return null;
        }
        catch (EtcdException failure)
        {
            return failure.Message;
        }
    }
}
