using System.Buffers;
using System.Globalization;
using System.Text;

using Etcd.Server;
using Etcd.Server.Membership;
using Etcd.Server.V2Api;
using Etcd.V2.Dump;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.V2;

/// <summary><c>/v2/stats</c>: what this member has done.</summary>
internal sealed class StatisticsEndpoint(EtcdServer server)
{
    /// <summary><c>/v2/stats/store</c>: operations on the tree, counted.</summary>
    internal async Task StoreAsync(HttpContext context)
    {
        if (await V2Replies.AllowAsync(context, "GET").ConfigureAwait(false))
        {
            var body = new ArrayBufferWriter<byte>();
            server.V2.Statistics.WriteTo(body);
            await V2Replies.JsonAsync(context, StatusCodes.Status200OK, body.WrittenMemory).ConfigureAwait(false);
        }
    }

    /// <summary><c>/v2/stats/self</c>: the member, and who leads it.</summary>
    internal async Task SelfAsync(HttpContext context)
    {
        if (!await V2Replies.AllowAsync(context, "GET").ConfigureAwait(false))
        {
            return;
        }

        RaftStatistics history = server.Statistics;
        LeadershipSpan current = history.Leadership;
        var body = new ArrayBufferWriter<byte>();
        Field(body, "{\"name\":"u8, server.Options.Name);
        Field(body, ",\"id\":"u8, Member.FormatId(server.Headers.MemberId));
        Field(body, ",\"state\":"u8, current.View.IsLeader ? "StateLeader" : "StateFollower");
        Field(body, ",\"startTime\":"u8, GoText.Time(history.StartedAt));
        Field(body, ",\"leaderInfo\":{\"leader\":"u8, current.View.Leader == 0 ? string.Empty : Member.FormatId(current.View.Leader));
        Field(body, ",\"uptime\":"u8, GoText.Duration(history.LeaderUptime));
        Field(body, ",\"startTime\":"u8, GoText.Time(current.Since));
        JsonText.WriteRaw(body, "},\"recvAppendRequestCnt\":"u8);
        JsonText.WriteNumber(body, history.AppendsReceived);
        JsonText.WriteRaw(body, ",\"sendAppendRequestCnt\":"u8);
        JsonText.WriteNumber(body, history.AppendsSent);
        JsonText.WriteRaw(body, "}"u8);
        await V2Replies.JsonAsync(context, StatusCodes.Status200OK, body.WrittenMemory).ConfigureAwait(false);
    }

    /// <summary><c>/v2/stats/leader</c>: how sending the log to the others goes. Only the leader knows.</summary>
    internal async Task LeaderAsync(HttpContext context)
    {
        if (!await V2Replies.AllowAsync(context, "GET").ConfigureAwait(false))
        {
            return;
        }

        if (!server.Statistics.Leadership.View.IsLeader)
        {
            await MembersEndpoint.MessageAsync(context, StatusCodes.Status403Forbidden, "not current leader").ConfigureAwait(false);
            return;
        }

        ulong self = server.Headers.MemberId;
        var body = new ArrayBufferWriter<byte>();
        Field(body, "{\"leader\":"u8, Member.FormatId(self));
        JsonText.WriteRaw(body, ",\"followers\":{"u8);
        bool isFirst = true;
        foreach (Member member in server.Cluster.View.Members.Where(member => member.Id != self))
        {
            JsonText.WriteRaw(body, isFirst ? ""u8 : ","u8);
            isFirst = false;
            JsonText.WriteString(body, Member.FormatId(member.Id));
            Write(body, server.Statistics.Of(member.Id).Read());
        }

        JsonText.WriteRaw(body, "}}"u8);
        await V2Replies.JsonAsync(context, StatusCodes.Status200OK, body.WrittenMemory).ConfigureAwait(false);
    }

    private static void Write(IBufferWriter<byte> output, FollowerFigures figures)
    {
        Number(output, ":{\"latency\":{\"current\":"u8, figures.Current);
        Number(output, ",\"average\":"u8, figures.Average);
        Number(output, ",\"standardDeviation\":"u8, figures.StandardDeviation);
        Number(output, ",\"minimum\":"u8, figures.Minimum);
        Number(output, ",\"maximum\":"u8, figures.Maximum);
        JsonText.WriteRaw(output, "},\"counts\":{\"fail\":"u8);
        JsonText.WriteNumber(output, figures.Failures);
        JsonText.WriteRaw(output, ",\"success\":"u8);
        JsonText.WriteNumber(output, figures.Successes);
        JsonText.WriteRaw(output, "}}"u8);
    }

    private static void Number(IBufferWriter<byte> output, ReadOnlySpan<byte> name, double value)
    {
        JsonText.WriteRaw(output, name);
        Encoding.UTF8.GetBytes(value.ToString("0.######", CultureInfo.InvariantCulture), output);
    }

    private static void Field(IBufferWriter<byte> output, ReadOnlySpan<byte> name, string value)
    {
        JsonText.WriteRaw(output, name);
        JsonText.WriteString(output, value);
    }
}
