using System.Buffers;
using System.Text.Json;

using Etcd.Api.Metrics;
using Etcd.Protocol.Errors;
using Etcd.Raft;
using Etcd.Server;

using Microsoft.AspNetCore.Http;

using Member = Etcd.Server.Membership.Member;

namespace Etcd.Api.Http.Debugging;

/// <summary><c>GET /debug/vars</c>: command line, limit of open files, memory and raft's state as one JSON object, in etcd's form (Go's expvar).</summary>
/// <remarks>In <c>memstats</c> stand those of Go's fields that have a counterpart in .NET; docs/operations.md says which.</remarks>
internal sealed class VariablesEndpoint(EtcdServer server, IReadOnlyList<string> commandLine)
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, SkipValidation = false };

    internal async Task HandleAsync(HttpContext context)
    {
        if (!PlainReplies.IsGet(context))
        {
            await PlainReplies.MethodNotAllowedAsync(context).ConfigureAwait(false);
            return;
        }

        RaftStatus? status = await StatusAsync().ConfigureAwait(false);
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body, Indented))
        {
            Write(json, status);
        }

        await PlainReplies.JsonAsync(context, StatusCodes.Status200OK, body.WrittenMemory.ToArray()).ConfigureAwait(false);
    }

    private async Task<RaftStatus?> StatusAsync()
    {
        try
        {
            return await server.Readings.RaftStatusAsync().ConfigureAwait(false);
        }
        catch (EtcdException)
        {
            // The member stops or is overloaded: the rest can still be told.
            return null;
        }
    }

    private void Write(Utf8JsonWriter json, RaftStatus? status)
    {
        json.WriteStartObject();
        json.WriteStartArray("cmdline"u8);
        foreach (string argument in commandLine)
        {
            json.WriteStringValue(argument);
        }

        json.WriteEndArray();
        if (ProcessMetrics.TryReadOpenFilesMax(out double limit))
        {
            json.WriteNumber("file_descriptor_limit"u8, double.IsInfinity(limit) ? ulong.MaxValue : (ulong)limit);
        }

        WriteMemory(json);
        if (status is not null)
        {
            WriteRaft(json, status);
        }

        json.WriteEndObject();
    }

    private static void WriteMemory(Utf8JsonWriter json)
    {
        GCMemoryInfo last = GC.GetGCMemoryInfo();
        long used = GC.GetTotalMemory(forceFullCollection: false);
        json.WriteStartObject("memstats"u8);
        json.WriteNumber("Alloc"u8, used);
        json.WriteNumber("TotalAlloc"u8, GC.GetTotalAllocatedBytes());
        json.WriteNumber("Sys"u8, last.TotalCommittedBytes);
        json.WriteNumber("HeapAlloc"u8, used);
        json.WriteNumber("HeapSys"u8, last.TotalCommittedBytes);
        json.WriteNumber("HeapInuse"u8, last.HeapSizeBytes);
        json.WriteNumber("HeapIdle"u8, Math.Max(0, last.TotalCommittedBytes - last.HeapSizeBytes));
        json.WriteNumber("PauseTotalNs"u8, (long)GC.GetTotalPauseDuration().TotalNanoseconds);
        json.WriteNumber("NumGC"u8, GC.CollectionCount(0));
        json.WriteNumber("GCCPUFraction"u8, last.PauseTimePercentage / 100);
        json.WriteBoolean("EnableGC"u8, true);
        json.WriteEndObject();
    }

    private static void WriteRaft(Utf8JsonWriter json, RaftStatus status)
    {
        json.WriteStartObject("raft.status"u8);
        json.WriteString("id"u8, Member.FormatId(status.Id));
        json.WriteNumber("term"u8, status.Term);
        json.WriteString("vote"u8, Member.FormatId(status.Vote));
        json.WriteNumber("commit"u8, status.Commit);
        json.WriteString("lead"u8, Member.FormatId(status.Leader));
        json.WriteString("raftState"u8, $"State{status.Role}");
        json.WriteNumber("applied"u8, status.Applied);
        json.WriteStartObject("progress"u8);
        foreach (MemberProgress member in status.Progress)
        {
            json.WriteStartObject(Member.FormatId(member.Id));
            json.WriteNumber("match"u8, member.Match);
            json.WriteNumber("next"u8, member.Next);
            json.WriteString("state"u8, $"State{member.State}");
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteString("leadtransferee"u8, Member.FormatId(status.LeadTransferee));
        json.WriteEndObject();
    }
}
