using Etcd.Disk;

namespace Etcd.Server.Offline;

/// <summary>Why a file or directory is not seen that offline work needs: whether it exists is answered with no also where the user may not look.</summary>
internal static class UnseenPaths
{
    /// <summary>The error for it.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="path">The file or directory.</param>
    /// <param name="call">What the message says was tried.</param>
    internal static OfflineException Error(IFileSystem disk, string path, string call = "open") =>
        Refusal(disk, path) is { } refused
            ? new OfflineException($"{call} {path}: permission denied", refused)
            : new OfflineException($"{call} {path}: no such file or directory");

    /// <summary>Tells of a path that is hidden, where a missing one is somebody else's to tell of.</summary>
    /// <exception cref="OfflineException">The user may not look.</exception>
    internal static void ThrowIfDenied(IFileSystem disk, string path)
    {
        if (Error(disk, path) is { InnerException: UnauthorizedAccessException } denied)
        {
            throw denied;
        }
    }

    private static UnauthorizedAccessException? Refusal(IFileSystem disk, string path)
    {
        try
        {
            disk.Open(path, FileOpening.Read).Dispose();
            return null;
        }
        catch (UnauthorizedAccessException refused)
        {
            return refused;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
