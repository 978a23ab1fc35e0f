using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using Etcd.Disk.Linux;
using Etcd.Mvcc.Tests.Store;
using Etcd.Testing;

namespace Etcd.Mvcc.Tests.Fixtures;

/// <summary>A copy of the db file that real etcd wrote, opened by our store, with the manifest of what must be in it.</summary>
internal sealed class EtcdFixture : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public EtcdFixture(string name)
    {
        Manifest = JsonDocument.Parse(File.ReadAllBytes(SharedMaterial.PathOf("fixtures", $"{name}.json"))).RootElement;
        string path = _directory.File("db");
        Extract(SharedMaterial.PathOf("fixtures", $"{name}.tar.gz"), path);
        Backend = Backend.Open(LinuxFileSystem.Instance, path, new BackendOptions { InitialMapBytes = 1 << 26 });
        foreach (long lease in LeasesOf(Backend))
        {
            Leases.Granted.Add(lease);
        }

        Store = MvccStore.Open(Backend, Leases, new MvccOptions());
    }

    public JsonElement Manifest { get; }

    public Backend Backend { get; }

    public MvccStore Store { get; }

    public TestLeaseBook Leases { get; } = new();

    public void Dispose()
    {
        Store.Dispose();
        Backend.Dispose();
        _directory.Dispose();
    }

    private static List<long> LeasesOf(Backend backend)
    {
        var leases = new List<long>();
        using BackendView view = backend.View();
        BackendCursor cursor = view.Scan(BackendBucket.Lease);
        while (cursor.MoveNext())
        {
            leases.Add(System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(cursor.Key));
        }

        return leases;
    }

    private static void Extract(string archive, string path)
    {
        using var tar = new TarReader(new GZipStream(File.OpenRead(archive), CompressionMode.Decompress));
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.Name.EndsWith("/snap/db", StringComparison.Ordinal))
            {
                entry.ExtractToFile(path, overwrite: false);
                return;
            }
        }

        throw new InvalidDataException($"{archive} holds no db");
    }
}
