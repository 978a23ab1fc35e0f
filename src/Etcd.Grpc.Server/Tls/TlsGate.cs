using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Etcd.Grpc.Server.Ports;
using Microsoft.AspNetCore.Connections;

namespace Etcd.Grpc.Server.Tls;

/// <summary>Stands before the HTTP stack of a TLS port: shakes hands, judges the client, and says why it refuses one.</summary>
/// <remarks>A connection that has not finished the handshake and sent its first request bytes in time is closed, and the number of those that
/// have not is bounded, as on a cleartext port.</remarks>
internal sealed class TlsGate(ITlsPolicy policy, UndetectedConnections newcomers)
{
    /// <summary>Serves one connection through <paramref name="next"/>.</summary>
    public async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        IDuplexPipe raw = connection.Transport;
        LinkedListNode<UndetectedConnection> ticket = newcomers.Enter(raw.Input.CancelPendingRead);
        var stream = new SslStream(new DuplexPipeStream(raw.Input, raw.Output), leaveInnerStreamOpen: true);
        TlsPipe? pipe = null;
        try
        {
            pipe = await AdmitAsync(connection, stream).ConfigureAwait(false);
            bool isOnTime = newcomers.Leave(ticket);
            if (pipe is not null && isOnTime)
            {
                connection.Transport = pipe;
                await next(connection).ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (pipe is null && failure is (IOException or OperationCanceledException))
        {
            // The client went away, or took too long: either way it ends here.
            newcomers.Leave(ticket);
        }
        finally
        {
            connection.Transport = raw;
            if (pipe is not null)
            {
                await pipe.CloseAsync().ConfigureAwait(false);
            }

            await stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<TlsPipe?> AdmitAsync(ConnectionContext connection, SslStream stream)
    {
        if (!await StartsHandshakeAsync(connection.Transport.Input).ConfigureAwait(false))
        {
            policy.OnRejected(connection.RemoteEndPoint, string.Empty, null, TlsFaultText.NoHandshake);
            return null;
        }

        if (!await ShakeHandsAsync(connection, stream).ConfigureAwait(false))
        {
            return null;
        }

        if (stream.RemoteCertificate is X509Certificate2 certificate && connection.RemoteEndPoint is IPEndPoint remote
            && await policy.CheckAddressAsync(certificate, remote.Address, connection.ConnectionClosed).ConfigureAwait(false) is { } fault)
        {
            policy.OnRejected(connection.RemoteEndPoint, stream.TargetHostName, certificate, fault);
            return null;
        }

        new TlsFeatures(stream).AddTo(connection.Features);
        var pipe = new TlsPipe(stream);
        if (await pipe.WaitForFirstBytesAsync(connection.ConnectionClosed).ConfigureAwait(false))
        {
            return pipe;
        }

        await pipe.CloseAsync().ConfigureAwait(false);
        return null;
    }

    private async ValueTask<bool> ShakeHandsAsync(ConnectionContext connection, SslStream stream)
    {
        string? fault = null;
        X509Certificate2? refused = null;
        SslServerAuthenticationOptions options = policy.CreateOptions();
        options.RemoteCertificateValidationCallback = (_, shown, chain, errors) =>
        {
            var certificate = shown as X509Certificate2;
            fault = policy.Verify(certificate, chain, errors);

            // The stream lets go of a certificate that is refused.
            refused = fault is null || certificate is null ? null : X509CertificateLoader.LoadCertificate(certificate.RawDataMemory.Span);
            return fault is null;
        };
        try
        {
            await stream.AuthenticateAsServerAsync(options, connection.ConnectionClosed).ConfigureAwait(false);
            return true;
        }
        catch (AuthenticationException failure)
        {
            policy.OnRejected(connection.RemoteEndPoint, stream.TargetHostName, refused, fault ?? TlsFaultText.Of(failure));
            refused?.Dispose();
            return false;
        }
    }

    // A client that speaks plain HTTP is told from one whose TLS is broken: it is the more frequent mistake.
    private static async ValueTask<bool> StartsHandshakeAsync(PipeReader input)
    {
        ReadResult result = await input.ReadAsync().ConfigureAwait(false);
        ReadOnlySequence<byte> start = result.Buffer;
        bool isHandshake = !start.IsEmpty && start.FirstSpan[0] == TlsFaultText.HandshakeRecord;

        // Nothing is consumed: the handshake reads it again.
        input.AdvanceTo(start.Start);
        return result.IsCanceled || start.IsEmpty ? throw new IOException("the client sent nothing") : isHandshake;
    }
}
