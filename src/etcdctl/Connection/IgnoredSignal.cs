using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Etcdctl.Connection;

/// <summary>Signals the process was started with as ignored, which a registration of .NET would never see.</summary>
internal static unsafe partial class IgnoredSignal
{
    /// <summary>Linux's number of SIGINT.</summary>
    internal const int Interrupt = 2;

    /// <summary>Linux's number of SIGTERM.</summary>
    internal const int Terminate = 15;

    private const nint DefaultAction = 0;
    private const nint Ignored = 1;

    // More than struct sigaction has in any C library; its first word is the handler.
    private const int ActionWords = 64;

    /// <summary>Gives a signal that is ignored its default action; one that is not keeps what handles it.</summary>
    /// <param name="signal">The signal's number.</param>
    /// <exception cref="Win32Exception">The system refused.</exception>
    internal static void Restore(int signal)
    {
        nint* action = stackalloc nint[ActionWords];
        if (GetAction(signal, 0, action) != 0)
        {
            throw new Win32Exception();
        }

        if (action[0] == Ignored && SetHandler(signal, DefaultAction) == -1)
        {
            throw new Win32Exception();
        }
    }

    [LibraryImport("libc", EntryPoint = "sigaction", SetLastError = true)]
    private static partial int GetAction(int signal, nint newAction, nint* action);

    [LibraryImport("libc", EntryPoint = "signal", SetLastError = true)]
    private static partial nint SetHandler(int signal, nint handler);
}
