using System.Text;

using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Server;

using Google.Protobuf;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http;

/// <summary><c>GET /health</c>: whether this member can serve. <c>?exclude=ALARM</c> leaves an alarm out of account, <c>?serializable=true</c> does not
/// ask the cluster.</summary>
internal sealed class HealthEndpoint(EtcdServer server)
{
    internal async Task HandleAsync(HttpContext context)
    {
        if (!PlainReplies.IsGet(context))
        {
            await PlainReplies.MethodNotAllowedAsync(context).ConfigureAwait(false);
            return;
        }

        IQueryCollection query = context.Request.Query;
        bool isSerializable = query["serializable"] == "true";
        string? reason = AlarmReason(query["exclude"].ToArray())
            ?? (isSerializable || server.HasLeader ? null : "RAFT NO LEADER")
            ?? await ReadReasonAsync(isSerializable, context.RequestAborted).ConfigureAwait(false);
        server.Readings.Instruments.CountHealthCheck(reason is null);
        string body = $$"""{"health":"{{(reason is null ? "true" : "false")}}","reason":"{{reason}}"}""";

        // The media types are those of real etcd, which leaves the first to Go's guess and gives the second as an error.
        await (reason is null
            ? PlainReplies.BytesAsync(context, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(body))
            : PlainReplies.ErrorAsync(context, StatusCodes.Status503ServiceUnavailable, body)).ConfigureAwait(false);
    }

    private string? AlarmReason(string?[] excluded)
    {
        foreach (AlarmMember alarm in server.Maintenance.Alarms)
        {
            string? name = alarm.Alarm switch
            {
                AlarmType.Nospace => "NOSPACE",
                AlarmType.Corrupt => "CORRUPT",
                _ => null,
            };
            if (name is not null && !excluded.Contains(name, StringComparer.Ordinal))
            {
                return $"ALARM {name}";
            }
        }

        return null;
    }

    private async Task<string?> ReadReasonAsync(bool isSerializable, CancellationToken cancellationToken)
    {
        // Any key does: the read proves that the store, and for a linearizable one the leader, answers.
        var request = new RangeRequest { Key = ByteString.CopyFromUtf8("health"), Limit = 1, Serializable = isSerializable };
        try
        {
            if (server.KeyValues.TryRange(request, out Mvcc.RangeReply? reply))
            {
                reply.Dispose();
            }
            else
            {
                (await server.KeyValues.ConfirmedRangeAsync(request, cancellationToken).ConfigureAwait(false)).Dispose();
            }

            return null;
        }
        catch (EtcdException failure) when (failure.Code
            is EtcdErrorCode.UserEmpty or EtcdErrorCode.PermissionDenied or EtcdErrorCode.Corrupt)
        {
            // Nobody may read under authentication, or while members disagree (an alarm of its own), but the answer came from the store.
            return null;
        }
        catch (EtcdException failure)
        {
            return $"RANGE ERROR:{failure.Message}";
        }
    }
}
