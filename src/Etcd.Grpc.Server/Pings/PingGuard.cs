using System.IO.Pipelines;
using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Etcd.Grpc.Server.Pings;

/// <summary>Stands between Kestrel, which answers every ping, and the connection, and sends clients away that ping too often.</summary>
internal sealed class PingGuard : IDuplexPipe
{
    private readonly GuardedInput _input;
    private readonly GuardedOutput _output;

    private PingGuard(IDuplexPipe transport, PingPolicy policy)
    {
        _output = new GuardedOutput(transport.Output, policy);
        _input = new GuardedInput(transport.Input, policy, _output);
    }

    public PipeReader Input => _input;

    public PipeWriter Output => _output;

    /// <summary>Guards the HTTP/2 connections of a listener. Under TLS to be called after TLS is set up.</summary>
    public static void Use(ListenOptions listen, RpcServerOptions options)
    {
        if (options.ClientPingIntervalMin <= TimeSpan.Zero)
        {
            return;
        }

        listen.Use(next => connection =>
        {
            if (SpeaksHttp2(connection, listen.Protocols))
            {
                var policy = new PingPolicy(options.ClientPingIntervalMin, options.Time);
                connection.Features.Set(policy);
                connection.Transport = new PingGuard(connection.Transport, policy);
            }

            return next(connection);
        });
    }

    private static bool SpeaksHttp2(ConnectionContext connection, HttpProtocols protocols) =>
        connection.Features.Get<ISslStreamFeature>() is { } tls
            ? tls.SslStream.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2
            : protocols == HttpProtocols.Http2;
}
