using System.Globalization;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Faults;

/// <summary>A file system in memory of a given size, mounted for one test. Needs the right to mount.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private SmallDisk()
    {
    }

    public string Path => _directory.Path;

    /// <summary>Mounts one; none where this user may not.</summary>
    public static async Task<SmallDisk?> TryMountAsync(int mebibytes)
    {
        var disk = new SmallDisk();
        CommandOutcome mounted = await new Command("/bin/mount", ["-t", "tmpfs", "-o", SizeOption(mebibytes), "tmpfs", disk.Path]).RunAsync();
        if (mounted.ExitCode == 0)
        {
            return disk;
        }

        disk._directory.Dispose();
        return null;
    }

    /// <summary>Gives it another size, its contents stay.</summary>
    public async Task ResizeAsync(int mebibytes) =>
        (await new Command("/bin/mount", ["-o", $"remount,{SizeOption(mebibytes)}", Path]).RunAsync()).MustSucceed();

    public async ValueTask DisposeAsync()
    {
        (await new Command("/bin/umount", ["--lazy", Path]).RunAsync()).MustSucceed();
        _directory.Dispose();
    }

    private static string SizeOption(int mebibytes) => string.Create(CultureInfo.InvariantCulture, $"size={mebibytes}m");
}
