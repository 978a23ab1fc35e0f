using System.Diagnostics;
using Etcd.Client;
using Etcd.Grpc;
using Etcd.Protocol.Rpc;
using Etcdctl.Connection;
using Etcdctl.Metrics;

namespace Etcdctl.Top;

/// <summary>Looks at all members again and again; each sample covers the time since the look before.</summary>
internal sealed class ClusterSampler(Session session, HotPrefixes hotPrefixes, TimeSpan limit) : IDisposable
{
    private readonly MetricsReader _metrics = new(session.Tls);
    private readonly Dictionary<string, EtcdClient> _clients = new(StringComparer.Ordinal);
    private Dictionary<string, MemberSample> _before = [];
    private long _beforeAt;

    /// <summary>Waits for a while and tells what happened meanwhile.</summary>
    public async Task<ClusterSample> TakeAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        if (_before.Count == 0)
        {
            await LookAsync(cancellationToken);
        }

        Dictionary<string, MemberSample> before = _before;
        long start = _beforeAt;
        Task pause = Task.Delay(duration, cancellationToken);
        IReadOnlyList<HotPrefix> hot = await hotPrefixes.SampleAsync(duration, cancellationToken);
        await pause;
        await LookAsync(cancellationToken);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start, _beforeAt);
        return new ClusterSample(
            DateTimeOffset.UtcNow,
            elapsed,
            [.. _before.Values.Select(now => (now, MemberRates.Between(before.GetValueOrDefault(now.Endpoint)?.Metrics, now.Metrics, elapsed)))],
            hot);
    }

    /// <summary>Closes the connections for metrics.</summary>
    public void Dispose() => _metrics.Dispose();

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<Member> members = await MembersAsync(cancellationToken);
        (string Endpoint, Member? Member)[] targets = members.Any(member => member.ClientURLs.Count > 0)
            ? [.. members.Select(member => (member.ClientURLs.FirstOrDefault() ?? string.Join(",", member.PeerURLs), (Member?)member))]
            : [.. session.Client.Endpoints.Select(endpoint => (endpoint, (Member?)null))];
        foreach ((string endpoint, _) in targets)
        {
            if (!_clients.ContainsKey(endpoint))
            {
                _clients[endpoint] = session.ClientFor(endpoint);
            }
        }

        MemberSample[] samples = await Task.WhenAll(targets.Select(target => LookAtAsync(target.Endpoint, target.Member, cancellationToken)));
        _beforeAt = Stopwatch.GetTimestamp();
        _before = samples.DistinctBy(sample => sample.Endpoint).ToDictionary(sample => sample.Endpoint);
    }

    private async Task<IReadOnlyList<Member>> MembersAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        try
        {
            return [.. (await session.Client.Cluster.MembersAsync(linearizable: false, deadline.Token)).Members];
        }
        catch (Exception failure) when (failure is RpcException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return [];
        }
    }

    private async Task<MemberSample> LookAtAsync(string endpoint, Member? member, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        long start = Stopwatch.GetTimestamp();
        try
        {
            StatusResponse status = await _clients[endpoint].Maintenance.StatusAsync(endpoint, deadline.Token);
            TimeSpan latency = Stopwatch.GetElapsedTime(start);
            return new MemberSample(endpoint, member, status, latency, await MetricsAsync(endpoint, cancellationToken));
        }
        catch (Exception failure) when (failure is RpcException or FormatException
            || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new MemberSample(endpoint, member, Status: null, Stopwatch.GetElapsedTime(start), Metrics: null);
        }
    }

    private async Task<MetricsText?> MetricsAsync(string endpoint, CancellationToken cancellationToken)
    {
        try
        {
            return await _metrics.ReadAsync(endpoint, cancellationToken);
        }
        catch (MetricsUnavailableException)
        {
            return null;
        }
    }
}
