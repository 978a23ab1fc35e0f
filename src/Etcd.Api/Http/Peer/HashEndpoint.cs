using System.Buffers;
using System.Text.Json;

using Etcd.Peer;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Server;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.Peer;

/// <summary><c>GET /members/hashkv</c> with a JSON body: hash of the keys at a revision, for members that look for corruption.</summary>
internal sealed class HashEndpoint(EtcdServer server)
{
    private const string EtcdPrefix = "etcdserver: ";

    internal async Task HandleAsync(HttpContext context)
    {
        if (!PlainReplies.IsGet(context))
        {
            await PlainReplies.MethodNotAllowedAsync(context).ConfigureAwait(false);
            return;
        }

        string own = PeerHeaders.FormatId(server.Headers.ClusterId);
        string? asked = context.Request.Headers[PeerHeaders.ClusterId];
        if (!string.IsNullOrEmpty(asked) && asked != own)
        {
            await PlainReplies.ErrorAsync(context, StatusCodes.Status412PreconditionFailed, "cluster ID mismatch").ConfigureAwait(false);
            return;
        }

        if (await RequestBody.ReadAsync(context.Request, context.RequestAborted).ConfigureAwait(false) is not { } body)
        {
            await PlainReplies.ErrorAsync(context, StatusCodes.Status400BadRequest, "error reading body").ConfigureAwait(false);
            return;
        }

        if (!TryReadRevision(body, out long revision))
        {
            await PlainReplies.ErrorAsync(context, StatusCodes.Status400BadRequest, "error unmarshalling request").ConfigureAwait(false);
            return;
        }

        try
        {
            // It reads the whole key space.
            HashKVResponse reply = await Task
                .Run(() => server.Maintenance.HashByRevision(new HashKVRequest { Revision = revision }))
                .ConfigureAwait(false);
            context.Response.Headers[PeerHeaders.ClusterId] = own;
            await PlainReplies.JsonAsync(context, StatusCodes.Status200OK, Write(reply)).ConfigureAwait(false);
        }
        catch (EtcdException refusal)
        {
            await PlainReplies
                .ErrorAsync(context, StatusCodes.Status400BadRequest, refusal.Message.Replace(EtcdPrefix, string.Empty, StringComparison.Ordinal))
                .ConfigureAwait(false);
        }
    }

    private static bool TryReadRevision(ReadOnlyMemory<byte> body, out long revision)
    {
        revision = 0;
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && (!document.RootElement.TryGetProperty("revision"u8, out JsonElement number)
                    || (number.ValueKind == JsonValueKind.Number && number.TryGetInt64(out revision)));
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static ReadOnlyMemory<byte> Write(HashKVResponse reply)
    {
        var body = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(body);
        writer.WriteStartObject();
        writer.WriteStartObject("header"u8);
        writer.WriteNumber("revision"u8, reply.Header.Revision);
        writer.WriteEndObject();
        if (reply.Hash != 0)
        {
            writer.WriteNumber("hash"u8, reply.Hash);
        }

        if (reply.CompactRevision != 0)
        {
            writer.WriteNumber("compact_revision"u8, reply.CompactRevision);
        }

        writer.WriteEndObject();
        writer.Flush();
        return body.WrittenMemory;
    }
}
