using System.Runtime.InteropServices;

namespace Etcd.Disk.Linux;

/// <summary>The memory of this process as a whole.</summary>
public static class ProcessMemory
{
    /// <summary>Has the kernel keep in memory whatever the process has touched or will touch, its maps of files among it, until it ends.</summary>
    /// <remarks>Pages are locked as they are touched: .NET reserves far more address space than it uses.</remarks>
    /// <exception cref="IOException">The process may not lock so much memory, or this is not Linux.</exception>
    public static void Lock()
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new IOException("memory can be locked on Linux only");
        }

        const int All = SystemCalls.LockPresent | SystemCalls.LockFuture | SystemCalls.LockWhenTouched;
        if (SystemCalls.LockMemory(All) != 0)
        {
            string error = Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
            throw new IOException($"cannot lock memory: {error}; the process needs CAP_IPC_LOCK, or no limit of locked memory (ulimit -l)");
        }
    }
}
