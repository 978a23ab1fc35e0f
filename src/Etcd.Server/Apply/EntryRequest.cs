using Etcd.Protocol.Replication;
using Etcd.Raft;
using Etcd.Server.Consensus;

using Google.Protobuf;

namespace Etcd.Server.Apply;

/// <summary>The request that a normal entry of the log carries.</summary>
internal static class EntryRequest
{
    /// <summary>Reads it: a <see cref="Request"/> of the v2 API, or an <see cref="InternalRaftRequest"/>.</summary>
    /// <exception cref="InvalidDataException">The entry holds neither.</exception>
    internal static IMessage Parse(in Entry entry)
    {
        try
        {
            return LegacyRequestProbe.IsLegacyRequest(entry.Data.Span)
                ? Request.Parser.ParseFrom(entry.Data.Span)
                : EntryNames.Restored(InternalRaftRequest.Parser.ParseFrom(entry.Data.Span), entry.Data);
        }
        catch (InvalidProtocolBufferException failure)
        {
            throw new InvalidDataException($"log entry {entry.Index} of term {entry.Term} is not a request: {failure.Message}", failure);
        }
    }
}
