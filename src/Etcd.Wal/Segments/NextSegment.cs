using Etcd.Disk;

namespace Etcd.Wal.Segments;

/// <summary>The segment after the current one, made ready under a temporary name: locked, its blocks reserved, the first of them zeroed.</summary>
internal sealed class NextSegment : IDisposable
{
    private readonly IFileSystem _disk;

    private NextSegment(IFileSystem disk, string path, IFile file, long zeroedBytes)
    {
        _disk = disk;
        Path = path;
        File = file;
        ZeroedBytes = zeroedBytes;
    }

    internal string Path { get; }

    internal IFile File { get; }

    /// <summary>Bytes from the beginning whose blocks hold zeros rather than being merely reserved.</summary>
    internal long ZeroedBytes { get; }

    /// <summary>Makes the segment of that number ready; only even and odd differ in the temporary name, as in etcd.</summary>
    internal static NextSegment Prepare(IFileSystem disk, string directory, ulong sequence, WalOptions options)
    {
        string path = System.IO.Path.Combine(directory, TemporaryName(sequence));
        disk.DeleteFile(path);
        return new NextSegment(disk, path, Segment.CreateReserved(disk, path, options), Segment.ZeroedAtCreation(options));
    }

    /// <summary>Removes what an earlier process had made ready and not used.</summary>
    internal static void RemoveLeftovers(IFileSystem disk, string directory)
    {
        disk.DeleteFile(System.IO.Path.Combine(directory, TemporaryName(0)));
        disk.DeleteFile(System.IO.Path.Combine(directory, TemporaryName(1)));
    }

    /// <summary>Gives the segment up unused.</summary>
    public void Dispose()
    {
        File.Dispose();
        _disk.DeleteFile(Path);
    }

    private static string TemporaryName(ulong sequence) => sequence % 2 == 0 ? "0.tmp" : "1.tmp";
}
