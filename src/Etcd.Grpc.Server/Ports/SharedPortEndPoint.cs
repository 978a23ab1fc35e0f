using System.Net;

namespace Etcd.Grpc.Server.Ports;

/// <summary>The HTTP/1.1 side of a shared port: what Kestrel is told to listen on.</summary>
internal sealed class SharedPortEndPoint(SharedPort port) : EndPoint
{
    public SharedPort Port { get; } = port;

    public override string ToString() => Port.EndPoint.ToString()!;
}
