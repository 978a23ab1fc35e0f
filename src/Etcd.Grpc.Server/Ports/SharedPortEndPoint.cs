using System.Net;

namespace Etcd.Grpc.Server.Ports;

/// <summary>One protocol's side of a shared port: what Kestrel is told to listen on.</summary>
internal sealed class SharedPortEndPoint(SharedPort port, SharedPortSide side) : EndPoint
{
    public SharedPort Port { get; } = port;

    public SharedPortSide Side { get; } = side;

    public override string ToString() => $"{Port.EndPoint} ({Side})";
}
