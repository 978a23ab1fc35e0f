namespace Etcd.Grpc.Server.Http2;

/// <summary>A request that may be given up to make room, as it was when it was looked at.</summary>
/// <param name="Stream">The stream object, which may serve another stream by now.</param>
/// <param name="Id">What its number was.</param>
/// <param name="Since">Tick of the server's clock at which what it holds began to come.</param>
/// <param name="Held">Bytes held.</param>
internal readonly record struct UnfinishedRequest(ServerStream Stream, int Id, int Since, int Held) : IComparable<UnfinishedRequest>
{
    /// <summary>Those that have taken longest first: who stalls goes, and who sends on ends in time. Of the same time the largest.</summary>
    public int CompareTo(UnfinishedRequest other) => Since != other.Since ? Since.CompareTo(other.Since) : other.Held.CompareTo(Held);
}
