using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Etcd.Client;
using Etcd.Grpc;
using Etcd.Protocol.Rpc;
using Etcdctl.Connection;
using Etcdctl.Metrics;

namespace Etcdctl.Diagnosis;

/// <summary>Looks at every member of a cluster.</summary>
internal sealed class ClusterProbe(Session session, TimeSpan limit)
{
    private const int TlsPort = 2379;

    /// <summary>Asks the endpoints given and those that the members advertise, all at once.</summary>
    public async Task<ClusterView> LookAsync()
    {
        IReadOnlyList<Member> members = await MembersAsync();
        string[] endpoints = [.. session.Client.Endpoints.Concat(members.SelectMany(member => member.ClientURLs)).DistinctBy(BareOf)];
        using MetricsReader metrics = new(session.Tls);
        EndpointView[] views = await Task.WhenAll(endpoints.Select(endpoint => LookAtAsync(endpoint, metrics)));
        views = await WithHashesAsync(await WithSecondLookAsync(views));
        return new ClusterView(views, members, await AlarmsAsync(), DateTimeOffset.UtcNow);
    }

    private static string BareOf(string endpoint) =>
        endpoint[(endpoint.IndexOf("://", StringComparison.Ordinal) is >= 0 and var scheme ? scheme + 3 : 0)..].TrimEnd('/');

    private async Task<IReadOnlyList<Member>> MembersAsync()
    {
        // What one member knows is enough, and is to be had without a leader.
        MemberListResponse? reply = await TryAsync(ct => session.Client.Cluster.MembersAsync(linearizable: false, ct));
        return reply is null ? [] : [.. reply.Members];
    }

    private async Task<IReadOnlyList<AlarmMember>> AlarmsAsync()
    {
        AlarmResponse? reply = await TryAsync(ct => session.Client.Maintenance.AlarmsAsync(ct));
        return reply is null ? [] : [.. reply.Alarms];
    }

    private async Task<EndpointView> LookAtAsync(string endpoint, MetricsReader metrics)
    {
        EndpointView view = new(endpoint);
        await using EtcdClient client = session.ClientFor(endpoint);
        using CancellationTokenSource deadline = new(limit);
        try
        {
            view = view with { Status = await client.Maintenance.StatusAsync(endpoint, deadline.Token) };
        }
        catch (RpcException error)
        {
            return view with { Error = RpcErrorText.Short(error) };
        }
        catch (OperationCanceledException)
        {
            return view with { Error = "no answer in time" };
        }

        return view with { Metrics = await MetricsAsync(metrics, endpoint), CertificateEnd = await CertificateEndAsync(endpoint, deadline.Token) };
    }

    private static async Task<MetricsText?> MetricsAsync(MetricsReader metrics, string endpoint)
    {
        try
        {
            return await metrics.ReadAsync(endpoint, CancellationToken.None);
        }
        catch (MetricsUnavailableException)
        {
            // They may be served elsewhere; what hangs on them is left out then.
            return null;
        }
    }

    // Members are not asked at the same moment, and a busy cluster writes thousands of entries between two of them. Who is behind is told by whether it has
    // come since to where the first of them was.
    private async Task<EndpointView[]> WithSecondLookAsync(EndpointView[] views)
    {
        ulong newest = views.Max(view => view.Status?.RaftIndex ?? 0);
        return await Task.WhenAll(views.Select(async view => view.Status is { } status && status.RaftAppliedIndex < newest
            ? view with { AppliedLater = (await TryAsync(ct => session.Client.Maintenance.StatusAsync(view.Endpoint, ct)))?.RaftAppliedIndex ?? 0 }
            : view));
    }

    // At a revision that all have, so that equal members give equal hashes.
    private async Task<EndpointView[]> WithHashesAsync(EndpointView[] views)
    {
        long[] revisions = [.. views.Where(view => view.Status is not null).Select(view => view.Status!.Header.Revision)];
        return revisions.Length < 2
            ? views
            : await Task.WhenAll(views.Select(async view => view.Status is null ? view : view with
            {
                Hash = await TryAsync(ct => session.Client.Maintenance.HashKvAsync(view.Endpoint, revisions.Min(), ct)),
            }));
    }

    private async Task<DateTimeOffset?> CertificateEndAsync(string endpoint, CancellationToken cancellationToken)
    {
        if (session.Tls is null && !endpoint.StartsWith("https://", StringComparison.Ordinal))
        {
            return null;
        }

        Uri address = new("https://" + BareOf(endpoint));
        try
        {
            using TcpClient connection = new();
            await connection.ConnectAsync(address.Host, address.IsDefaultPort ? TlsPort : address.Port, cancellationToken);
            await using SslStream stream = new(connection.GetStream());
            await stream.AuthenticateAsClientAsync(ToSee(address.Host), cancellationToken);
            return stream.RemoteCertificate is X509Certificate2 certificate ? certificate.NotAfter : null;
        }
        catch (Exception failure) when (failure is SocketException or IOException or AuthenticationException or OperationCanceledException)
        {
            return null;
        }
    }

    // Whether the certificate is to be trusted was judged by the call before; here its date is read, even of one that has ended.
    private SslClientAuthenticationOptions ToSee(string host) => new()
    {
        TargetHost = host,
        ClientCertificates = session.Tls?.ClientCertificates,
#pragma warning disable CA5359 // Nothing is sent over this connection.
        RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
    };

    private async Task<T?> TryAsync<T>(Func<CancellationToken, Task<T>> call)
        where T : class
    {
        using CancellationTokenSource deadline = new(limit);
        try
        {
            return await call(deadline.Token);
        }
        catch (Exception failure) when (failure is RpcException or OperationCanceledException)
        {
            // The view without it is a finding of its own.
            return null;
        }
    }
}
