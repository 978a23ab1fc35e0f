namespace Etcd.Grpc.Transport.Http2.Hpack;

/// <summary>Takes decoded headers.</summary>
internal interface IHeaderSink
{
    /// <summary>One header; the spans are valid during the call only.</summary>
    void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value);
}
