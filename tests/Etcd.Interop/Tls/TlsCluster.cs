using Etcd.Testing;
using Etcd.Testing.Certificates;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Tls;

/// <summary>Members whose every port demands a certificate.</summary>
internal sealed class TlsCluster(TemporaryDirectory directory, TestAuthority authority, ServerKind[] kinds) : IAsyncDisposable
{
    private readonly List<EtcdServer> _members = [];

    public IReadOnlyList<EtcdServer> Members => _members;

    /// <summary>Starts all members and waits until they serve.</summary>
    public async Task StartAsync()
    {
        TestCertificate certificate = authority.Sign("member", TestSubject.Member);
        int[] ports = [.. kinds.Select(_ => LoopbackPorts.Take())];
        string initial = string.Join(',', ports.Select((port, index) => $"m{index}=https://127.0.0.1:{port}"));
        Task<EtcdServer>[] starting = [.. kinds.Select((kind, index) => StartAsync(kind, index, ports[index], initial, certificate))];
        foreach (Task<EtcdServer> member in starting)
        {
            _members.Add(await member);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (EtcdServer member in _members)
        {
            await member.DisposeAsync();
        }
    }

    private Task<EtcdServer> StartAsync(ServerKind kind, int index, int peerPort, string initial, TestCertificate certificate)
    {
        int clientPort = LoopbackPorts.Take();
        string client = $"https://127.0.0.1:{clientPort}";
        string peer = $"https://127.0.0.1:{peerPort}";
        return EtcdServer.StartAsync(new EtcdServerOptions
        {
            Kind = kind,
            DataDirectory = directory.File($"data{index}"),
            ClientPort = clientPort,
            PeerPort = peerPort,
            Flags =
            [
                "--name", $"m{index}", "--initial-cluster", initial,
                "--listen-client-urls", client, "--advertise-client-urls", client,
                "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                "--cert-file", certificate.Certificate, "--key-file", certificate.Key, "--trusted-ca-file", authority.File, "--client-cert-auth",
                "--peer-cert-file", certificate.Certificate, "--peer-key-file", certificate.Key, "--peer-trusted-ca-file", authority.File,
                "--peer-client-cert-auth",
            ],
        });
    }
}
