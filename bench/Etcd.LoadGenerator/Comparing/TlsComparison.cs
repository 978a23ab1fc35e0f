using System.Diagnostics;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Etcd.Grpc;
using Etcd.LoadGenerator.Measure;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Certificates;
using Etcd.Testing.Processes;
using Google.Protobuf;

namespace Etcd.LoadGenerator.Comparing;

/// <summary>Puts over TLS with client certificates: what encryption costs each server. The clients are this repository's .NET client, whose own
/// processor time is not counted.</summary>
internal sealed class TlsComparison(ComparisonOptions options) : IDisposable
{
    private const int CallersPerConnection = 10;
    private const int ValueBytes = 256;

    private static readonly RpcMethod<PutRequest, PutResponse> Put = new("etcdserverpb.KV", "Put", PutResponse.Parser);
    private static readonly int[] Callers = [1, 100];

    private readonly TemporaryDirectory _certificates = new();
    private readonly List<string> _dataDirectories = [];

    /// <summary>Runs the cases on both servers in turns.</summary>
    public async Task<IReadOnlyList<CaseResult>> RunAsync()
    {
        using var authority = new TestAuthority(_certificates.Path);
        TestCertificate member = authority.Sign("member", TestSubject.Member);
        string[] flags =
        [
            "--cert-file", member.Certificate, "--key-file", member.Key, "--trusted-ca-file", authority.File, "--client-cert-auth",
        ];
        var results = new List<CaseResult>();
        await using EtcdServer subject = await StartAsync(options.Subject, flags);
        await using EtcdServer reference = await StartAsync(options.Reference, flags);
        foreach (int callers in Callers)
        {
            var ours = new List<LoadReport>();
            var theirs = new List<LoadReport>();
            await LoadAsync(subject, authority, member, callers);
            await LoadAsync(reference, authority, member, callers);
            for (int round = 0; round < options.Rounds; round++)
            {
                ours.Add(await LoadAsync(subject, authority, member, callers));
                theirs.Add(await LoadAsync(reference, authority, member, callers));
            }

            results.Add(new CaseResult("put over TLS", callers, CaseMedians.Of(ours), CaseMedians.Of(theirs)));
        }

        return results;
    }

    public void Dispose()
    {
        _dataDirectories.ForEach(directory => Directory.Delete(directory, recursive: true));
        _certificates.Dispose();
    }

    private Task<EtcdServer> StartAsync(ServerKind kind, string[] flags)
    {
        int port = LoopbackPorts.Take();
        string directory = Path.Combine(options.DataRoot, $"tls-{kind}-{Guid.NewGuid():N}");
        _dataDirectories.Add(directory);
        return EtcdServer.StartAsync(new EtcdServerOptions
        {
            Kind = kind,
            DataDirectory = directory,
            ClientPort = port,
            Flags = [.. flags, "--listen-client-urls", $"https://127.0.0.1:{port}", "--advertise-client-urls", $"https://127.0.0.1:{port}"],
        });
    }

    private async Task<LoadReport> LoadAsync(EtcdServer server, TestAuthority authority, TestCertificate member, int callers)
    {
        RpcChannel[] channels = [.. Enumerable.Range(0, Math.Max(1, callers / CallersPerConnection)).Select(_ => Connect(server, authority, member))];
        try
        {
            // Connecting is no part of a put.
            await Task.WhenAll(channels.Select(channel => PutAsync(channel, 0)));
            ProcessUsage before = ProcessUsage.Of(server.ProcessId);
            long began = Stopwatch.GetTimestamp();
            LatencyHistogram[] latencies = await Task.WhenAll(
                Enumerable.Range(0, callers).Select(caller => Task.Run(() => CallAsync(channels[caller % channels.Length], caller, began))));
            TimeSpan took = Stopwatch.GetElapsedTime(began);
            double cpu = ProcessUsage.Of(server.ProcessId).CpuSeconds - before.CpuSeconds;
            var all = new LatencyHistogram();
            foreach (LatencyHistogram one in latencies)
            {
                all.Add(one);
            }

            return new LoadReport(
                "put over TLS", callers, all.Count, Failed: 0, took, all, new ServerUsage(cpu, 0, 0, 0, 0, default), GeneratorCpuSeconds: 0);
        }
        finally
        {
            foreach (RpcChannel channel in channels)
            {
                await channel.DisposeAsync();
            }
        }
    }

    private async Task<LatencyHistogram> CallAsync(RpcChannel channel, int caller, long began)
    {
        var latencies = new LatencyHistogram();
        while (Stopwatch.GetElapsedTime(began) < options.RunDuration)
        {
            long sent = Stopwatch.GetTimestamp();
            await PutAsync(channel, (caller * 100_003L) + latencies.Count);
            latencies.Record((long)Stopwatch.GetElapsedTime(sent).TotalNanoseconds);
        }

        return latencies;
    }

    private static Task<PutResponse> PutAsync(RpcChannel channel, long key) => channel.UnaryAsync(Put, new PutRequest
    {
        Key = ByteString.CopyFromUtf8($"{key % 100_000:D16}"),
        Value = ByteString.CopyFrom(new byte[ValueBytes]),
    });

    private static RpcChannel Connect(EtcdServer server, TestAuthority authority, TestCertificate client)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(authority.File));
        return new RpcChannel(RpcAddress.Parse($"https://{server.Endpoint}"), new RpcChannelOptions
        {
            Tls = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = policy,
                ClientCertificateContext = SslStreamCertificateContext.Create(client.Load(), null, offline: true),
            },
        });
    }
}
