using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Etcd.LoadGenerator.Wire;

/// <summary>The one system call the framework has no cheap form of: waiting for many sockets in one thread.</summary>
internal static partial class SystemCalls
{
    public const short Readable = 0x001;
    public const short Writable = 0x004;

    private const int Interrupted = 4;

    /// <summary>Waits until a socket can do what was asked of it.</summary>
    /// <returns>Number of sockets with an answer; 0 after the time-out.</returns>
    public static unsafe int Poll(Span<PollEntry> entries, int timeoutMilliseconds)
    {
        fixed (PollEntry* first = entries)
        {
            int ready = PollSockets(first, (nuint)entries.Length, timeoutMilliseconds);
            if (ready >= 0)
            {
                return ready;
            }
        }

        int error = Marshal.GetLastPInvokeError();
        return error == Interrupted ? 0 : throw new Win32Exception(error);
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static unsafe partial int PollSockets(PollEntry* entries, nuint count, int timeoutMilliseconds);
}
