using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;

namespace Etcd.Testing;

/// <summary>A fresh copy of a data directory that real etcd wrote, and what its manifest says is in it.</summary>
public sealed class DataDirectoryFixture : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    /// <summary>Unpacks the fixture; what is zero in its files stays unwritten, for segments are 64 MB of nearly nothing.</summary>
    /// <param name="name">Name of the fixture, such as <c>v35-full</c>.</param>
    public DataDirectoryFixture(string name)
    {
        Name = name;
        using var archive = new TarReader(
            new GZipStream(File.OpenRead(SharedMaterial.PathOf("fixtures", name + ".tar.gz")), CompressionMode.Decompress));
        while (archive.GetNextEntry() is { } entry)
        {
            string path = _directory.File(entry.Name);
            if (entry.EntryType == TarEntryType.Directory)
            {
                Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
            else
            {
                WriteSparsely(entry.DataStream, path);
            }
        }
    }

    /// <summary>Names of all fixtures that are whole data directories; empty where the reference material is absent.</summary>
    public static IEnumerable<string> Names => SharedMaterial.IsPresent
        ? Directory.EnumerateFiles(SharedMaterial.PathOf("fixtures"), "*.tar.gz")
            .Select(path => Path.GetFileName(path).Split('.')[0])
            .Order(StringComparer.Ordinal)
        : [];

    public string Name { get; }

    /// <summary>What <c>--data-dir</c> would be.</summary>
    public string DataDirectory => _directory.File("data");

    public string WalDirectory => Path.Combine(DataDirectory, "member", "wal");

    public string SnapDirectory => Path.Combine(DataDirectory, "member", "snap");

    /// <summary>The whole manifest.</summary>
    public JsonElement Manifest
    {
        get
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(SharedMaterial.PathOf("fixtures", Name + ".json")));
            return document.RootElement.Clone();
        }
    }

    /// <summary>What the manifest says about the files themselves; undefined where it says nothing.</summary>
    public JsonElement Offline =>
        Manifest.TryGetProperty("offline", out JsonElement offline) || Manifest.TryGetProperty("offline_as_crashed", out offline)
            ? offline
            : default;

    public void Dispose() => _directory.Dispose();

    private static void WriteSparsely(Stream? content, string path)
    {
        using FileStream file = File.Create(path);
        if (content is null)
        {
            return;
        }

        byte[] piece = new byte[64 << 10];
        int read;
        while ((read = content.ReadAtLeast(piece, piece.Length, throwOnEndOfStream: false)) > 0)
        {
            if (piece.AsSpan(0, read).ContainsAnyExcept((byte)0))
            {
                file.Write(piece, 0, read);
            }
            else
            {
                file.Seek(read, SeekOrigin.Current);
            }
        }

        file.SetLength(file.Position);
    }
}
