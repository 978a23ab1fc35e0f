using System.Diagnostics;

namespace Etcd.Testing.Processes;

/// <summary>Sees to it that child processes never outlive this one, even when it is killed. A small shell holds the list of
/// living children and reads from a pipe whose only writer is this process: when the pipe closes, it kills what is left.</summary>
internal static class ProcessReaper
{
    private const string Script =
        "trap '' INT TERM; declare -A alive; "
        + "while read -r change pid; do if [ $change = + ]; then alive[$pid]=1; else unset \"alive[$pid]\"; fi; done; "
        + "for pid in \"${!alive[@]}\"; do kill -9 $pid 2>/dev/null; done";

    private static readonly Lazy<StreamWriter> Shell = new(StartShell);

    public static void Add(int processId) => Tell('+', processId);

    public static void Remove(int processId) => Tell('-', processId);

    private static void Tell(char change, int processId)
    {
        StreamWriter shell = Shell.Value;
        lock (shell)
        {
            shell.WriteLine($"{change} {processId}");
        }
    }

    private static StreamWriter StartShell()
    {
        var start = new ProcessStartInfo("/bin/bash") { RedirectStandardInput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(Script);
        StreamWriter input = Process.Start(start)!.StandardInput;
        input.AutoFlush = true;
        return input;
    }
}
