using System.Runtime.InteropServices;

namespace Etcd.Disk.Linux;

/// <summary>Turns the error number of a failed system call into the exception the interface promises.</summary>
internal static class SystemError
{
    /// <summary>The exception for the calling thread's last error.</summary>
    internal static Exception Last(string operation, string path) => From(Marshal.GetLastPInvokeError(), operation, path);

    /// <summary>The exception for <paramref name="error"/>.</summary>
    internal static Exception From(int error, string operation, string path)
    {
        string message = $"{operation}: {Marshal.GetPInvokeErrorMessage(error)}";
        return error switch
        {
            SystemCalls.NoEntry => new FileNotFoundException(message, path),
            SystemCalls.AccessDenied => new UnauthorizedAccessException(message),
            SystemCalls.NoSpace or SystemCalls.QuotaExceeded => new DiskFullException(path, new IOException(message, error)),
            _ => new IOException(message, error),
        };
    }
}
