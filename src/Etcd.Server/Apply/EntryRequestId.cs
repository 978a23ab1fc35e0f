using Etcd.Raft.Encoding;

namespace Etcd.Server.Apply;

/// <summary>Reads the request id out of an encoded request without parsing the rest of it.</summary>
internal static class EntryRequestId
{
    // The same in an InternalRaftRequest, its header, and a raw v2 request.
    private const int IdField = 1;
    private const int HeaderField = 100;

    /// <summary>The id in the request, or else in its header; 0 if there is none.</summary>
    /// <param name="entryData">Data of a log entry: an <c>InternalRaftRequest</c> or a raw v2 request.</param>
    /// <exception cref="ProtoFormatException">The data is not a protobuf message.</exception>
    internal static ulong Read(ReadOnlySpan<byte> entryData)
    {
        var reader = new ProtoReader(entryData, "InternalRaftRequest");
        ulong inHeader = 0;
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case IdField:
                    return reader.ReadUInt64();
                case HeaderField:
                    inHeader = ReadHeader(reader.ReadBytes());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return inHeader;
    }

    private static ulong ReadHeader(ReadOnlySpan<byte> header)
    {
        var reader = new ProtoReader(header, "RequestHeader");
        while (reader.TryReadField(out int field))
        {
            if (field == IdField)
            {
                return reader.ReadUInt64();
            }

            reader.Skip();
        }

        return 0;
    }
}
