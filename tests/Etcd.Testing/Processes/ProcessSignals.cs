using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Etcd.Testing.Processes;

/// <summary>Signals to child processes; the framework itself can only kill.</summary>
public static partial class ProcessSignals
{
    private const int HangUp = 1;
    private const int Interrupt = 2;
    private const int Kill = 9;
    private const int UserOne = 10;
    private const int UserTwo = 12;
    private const int Terminate = 15;
    private const int Continue = 18;
    private const int Stop = 19;

    /// <summary>Asks for a graceful stop, as a service manager does (SIGTERM).</summary>
    public static void SendTerminate(Process process) => Send(process, Terminate);

    /// <summary>Asks for a graceful stop, as Ctrl-C does (SIGINT).</summary>
    public static void SendInterrupt(Process process) => Send(process, Interrupt);

    /// <summary>Ends the process at once, wherever it is (SIGKILL).</summary>
    public static void SendKill(Process process) => Send(process, Kill);

    /// <summary>Asks for new log files (SIGHUP).</summary>
    public static void SendHangUp(Process process) => Send(process, HangUp);

    /// <summary>Asks for all log lines (SIGUSR1).</summary>
    public static void SendUserOne(Process process) => Send(process, UserOne);

    /// <summary>Asks for the usual log lines (SIGUSR2).</summary>
    public static void SendUserTwo(Process process) => Send(process, UserTwo);

    /// <summary>Freezes the process (SIGSTOP) until <see cref="SendContinue"/>.</summary>
    public static void SendStop(Process process) => Send(process, Stop);

    /// <summary>Lets a frozen process go on (SIGCONT).</summary>
    public static void SendContinue(Process process) => Send(process, Continue);

    private static void Send(Process process, int signal)
    {
        if (!process.HasExited && SendSignal(process.Id, signal) != 0 && !process.HasExited)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int processId, int signal);
}
