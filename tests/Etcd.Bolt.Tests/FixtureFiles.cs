using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;

using Etcd.Testing;

namespace Etcd.Bolt.Tests;

/// <summary>Databases written by real etcd, and what their manifests say is in them.</summary>
internal static class FixtureFiles
{
    private const string DatabaseInArchive = "data/member/snap/db";

    public static IEnumerable<string> Names() => SharedMaterial.IsPresent
        ? Directory.EnumerateFiles(SharedMaterial.PathOf("fixtures"), "*.gz")
            .Select(path => Path.GetFileName(path).Split('.')[0])
            .Order(StringComparer.Ordinal)
        : [];

    /// <summary>Writes a copy of the fixture's database to <paramref name="path"/>.</summary>
    public static void Extract(string name, string path)
    {
        if (name.EndsWith("-snapshot", StringComparison.Ordinal))
        {
            using var packed = new GZipStream(File.OpenRead(SharedMaterial.PathOf("fixtures", name + ".db.gz")), CompressionMode.Decompress);
            using FileStream file = File.Create(path);
            packed.CopyTo(file);
            return;
        }

        using var archive = new TarReader(
            new GZipStream(File.OpenRead(SharedMaterial.PathOf("fixtures", name + ".tar.gz")), CompressionMode.Decompress));
        while (archive.GetNextEntry() is { } entry)
        {
            if (entry.Name == DatabaseInArchive)
            {
                entry.ExtractToFile(path, overwrite: true);
                return;
            }
        }

        throw new InvalidOperationException($"{name} holds no {DatabaseInArchive}");
    }

    /// <summary>The part of the manifest that describes the database file; undefined where the manifest has none.</summary>
    public static JsonElement Manifest(string name)
    {
        JsonElement root = Whole(name);
        return (root.TryGetProperty("offline", out JsonElement offline) || root.TryGetProperty("offline_as_crashed", out offline))
            && offline.TryGetProperty("db", out JsonElement db)
            ? db
            : default;
    }

    public static JsonElement Whole(string name)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(SharedMaterial.PathOf("fixtures", name + ".json")));
        return document.RootElement.Clone();
    }
}
