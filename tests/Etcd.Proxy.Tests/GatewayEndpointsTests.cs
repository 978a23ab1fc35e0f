using System.Net;

using Etcd.Proxy.Gateway;
using Etcd.Testing;

namespace Etcd.Proxy.Tests;

public sealed class GatewayEndpointsTests
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMinutes(1);

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Next_AllInUse_TakesThemInTurn()
    {
        GatewayEndpoints endpoints = Create(1, 2, 3);

        Assert.Equal([1, 2, 3, 1], [Port(endpoints), Port(endpoints), Port(endpoints), Port(endpoints)]);
    }

    [Fact]
    public void Next_OneStandsBack_IsPassedOverUntilTheDelayIsOver()
    {
        GatewayEndpoints endpoints = Create(1, 2);
        endpoints.StandBack(endpoints.Next()!);

        Assert.Equal([2, 2], [Port(endpoints), Port(endpoints)]);
        _time.Advance(RetryDelay);
        Assert.Equal(1, Port(endpoints));
    }

    [Fact]
    public void Next_AllStandBack_IsNone()
    {
        GatewayEndpoints endpoints = Create(1);
        endpoints.StandBack(endpoints.Next()!);

        Assert.Null(endpoints.Next());
    }

    private static int Port(GatewayEndpoints endpoints) => ((IPEndPoint)endpoints.Next()!.Address).Port;

    private GatewayEndpoints Create(params int[] ports) => new(
        new GatewayOptions(new IPEndPoint(IPAddress.Loopback, 0), [.. ports.Select(port => new IPEndPoint(IPAddress.Loopback, port))], RetryDelay),
        _time);
}
