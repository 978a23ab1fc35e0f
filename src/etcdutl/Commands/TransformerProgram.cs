using System.ComponentModel;
using System.Diagnostics;

using Etcd.Server.Offline;

namespace Etcdutl.Commands;

/// <summary>Runs the program of <c>--transformer</c>: nodes to its standard input, pairs from its standard output. What it says on standard error is the
/// user's to read.</summary>
internal static class TransformerProgram
{
    /// <summary>The transformer that a program is.</summary>
    public static V2Transformer Of(string path) => (writeNodes, readPairs) => Run(path, writeNodes, readPairs);

    private static void Run(string path, Action<Stream> writeNodes, Action<Stream> readPairs)
    {
        using Process program = Start(path);
        var writing = Task.Run(() => Write(program, writeNodes));
        try
        {
            readPairs(program.StandardOutput.BaseStream);
        }
        catch
        {
            // It may wait for somebody to read what it writes.
            program.Kill();
            throw;
        }
        finally
        {
            writing.GetAwaiter().GetResult();
        }

        program.WaitForExit();
        if (program.ExitCode != 0)
        {
            throw new OfflineException($"{path}: exit status {program.ExitCode}; nothing was migrated");
        }
    }

    private static Process Start(string path)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(path) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        }
        catch (Win32Exception failure)
        {
            throw new OfflineException($"fork/exec {path}: {failure.Message}", failure);
        }
    }

    private static void Write(Process program, Action<Stream> writeNodes)
    {
        try
        {
            using Stream input = program.StandardInput.BaseStream;
            writeNodes(input);
        }
        catch (IOException)
        {
            // It reads no more. Whether that was right, its exit code says.
            return;
        }
    }
}
