using Microsoft.Win32.SafeHandles;

namespace Etcd.Hosting.Tls;

/// <summary>What tells one state of a file from the next without reading it. It is that of the file behind symbolic links, because
/// Kubernetes renews a secret by turning one.</summary>
/// <param name="Modified">Time of the last change; the smallest time for a file that is not there.</param>
/// <param name="Length">Length in bytes.</param>
internal readonly record struct FileStamp(DateTime Modified, long Length)
{
    public static FileStamp Of(string path)
    {
        try
        {
            using SafeFileHandle file = File.OpenHandle(path);
            return new FileStamp(File.GetLastWriteTimeUtc(file), RandomAccess.GetLength(file));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // A file that cannot be opened is a state as well: reading it tells why.
            return default;
        }
    }
}
