using System.ComponentModel;
using System.Diagnostics;
using Etcdctl.CommandLine;
using Etcdctl.Output;

namespace Etcdctl.Commands;

/// <summary>Work on files, which etcd 3.5 moved to <c>etcdutl</c> and still takes here: it is handed to the <c>etcdutl</c> beside this program.</summary>
internal static class OfflineCommand
{
    private const string Program = "etcdutl";

    /// <summary>Runs etcdutl, with this program's output and exit code as its own.</summary>
    /// <param name="context">The command.</param>
    /// <param name="words">The command of etcdutl.</param>
    /// <param name="flags">Flags to hand on, where they were given.</param>
    /// <exception cref="CommandFailedException">It failed and has said so, or there is no etcdutl.</exception>
    public static Task RunAsync(CommandContext context, IReadOnlyList<string> words, IReadOnlyList<string> flags) =>
        RunAsync(context.Terminal, words, [.. Changed(context, flags), "--", .. context.Arguments]);

    /// <summary>Runs etcdutl, with this program's output and exit code as its own.</summary>
    /// <param name="terminal">This program's output.</param>
    /// <param name="words">The command of etcdutl.</param>
    /// <param name="arguments">What follows it.</param>
    /// <exception cref="CommandFailedException">It failed and has said so, or there is no etcdutl.</exception>
    public static async Task RunAsync(Terminal terminal, IReadOnlyList<string> words, IReadOnlyList<string> arguments)
    {
        terminal.Flush();
        ProcessStartInfo start = new(Find(), [.. words, .. arguments]) { UseShellExecute = false };
        try
        {
            using Process process = Process.Start(start)!;
            await process.WaitForExitAsync();
            if (process.ExitCode != 0)
            {
                throw CommandFailedException.AlreadyTold((ExitCode)process.ExitCode);
            }
        }
        catch (Win32Exception)
        {
            throw CommandFailedException.Because(
                ExitCode.Error, $"{string.Join(' ', words)} works on files, which is done by {Program}; there is none beside etcdctl or in $PATH");
        }
    }

    private static string Find()
    {
        string beside = Path.Combine(Path.GetDirectoryName(Environment.ProcessPath) ?? "", Program);
        return File.Exists(beside) ? beside : Program;
    }

    private static IEnumerable<string> Changed(CommandContext context, IReadOnlyList<string> names) =>
        names.Select(name => context.Flags[name]).Where(flag => flag.IsChanged).Select(flag => $"--{flag.Name}={flag.Value}");
}
