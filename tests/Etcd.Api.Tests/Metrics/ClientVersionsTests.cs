using Etcd.Api.Metrics;

namespace Etcd.Api.Tests.Metrics;

public sealed class ClientVersionsTests
{
    private readonly ClientVersions _versions = new();

    [Fact]
    public void Count_CallsOfTwoClients_AreToldApartByVersionAndType()
    {
        _versions.Count("3.5", isStream: false);
        _versions.Count("3.5", isStream: false);
        _versions.Count("3.5", isStream: true);
        _versions.Count(null, isStream: false);

        Assert.Equal(
            [
                "etcd_server_client_requests_total{client_api_version=\"unknown\",type=\"unary\"} 1",
                "etcd_server_client_requests_total{client_api_version=\"3.5\",type=\"stream\"} 1",
                "etcd_server_client_requests_total{client_api_version=\"3.5\",type=\"unary\"} 2",
            ],
            Lines());
    }

    // CVE-2023-47108: a label made of what clients send grew without bound.
    [Fact]
    public void Count_EndlessInventedVersions_KeepsTheNumberOfSeriesBounded()
    {
        for (int call = 0; call < 10_000; call++)
        {
            _versions.Count($"3.{call}", isStream: false);
            _versions.Count($"invented-{call}", isStream: true);
        }

        string[] lines = Lines();
        Assert.Equal(ClientVersions.VersionsMax + 2, lines.Length);
        Assert.Contains("etcd_server_client_requests_total{client_api_version=\"unknown\",type=\"stream\"} 10000", lines);
        Assert.Contains(
            $"etcd_server_client_requests_total{{client_api_version=\"other\",type=\"unary\"}} {10_000 - ClientVersions.VersionsMax}", lines);
    }

    private string[] Lines()
    {
        var metrics = new MetricsRegistry();
        _versions.AddTo(metrics);
        return [.. MetricsText.Lines(metrics).Where(line => line[0] != '#')];
    }
}
