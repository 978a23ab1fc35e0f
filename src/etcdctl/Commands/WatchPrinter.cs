using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Etcd.Client;
using Etcd.Grpc;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcdctl.Connection;
using Etcdctl.Output;
using Etcdctl.Text;

namespace Etcdctl.Commands;

/// <summary>Prints what a watch reports and runs the user's program at each event.</summary>
internal sealed class WatchPrinter(Terminal terminal, Printer printer, IReadOnlyList<string> program)
{
    /// <summary>Runs until the server ends the watch.</summary>
    /// <exception cref="CommandFailedException">The program failed.</exception>
    public async Task RunAsync(Watcher watcher, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (WatchResponse reply in watcher.ReadAsync(cancellationToken))
            {
                Report(reply);
                foreach (Event change in program.Count > 0 ? reply.Events : [])
                {
                    await RunProgramAsync(change, reply.Header.Revision, cancellationToken);
                }
            }
        }
        catch (WatchCompactedException ended)
        {
            ReportEnd(ended.Message, ended.Reply);
        }
        catch (WatchCanceledException ended)
        {
            ReportEnd(ended.Message, ended.Reply);
        }
        catch (RpcException error)
        {
            ReportEnd(RpcErrorText.Short(error), new WatchResponse { Header = new ResponseHeader(), Canceled = true });
        }
    }

    private void Report(WatchResponse reply)
    {
        // Several watches of one interactive session print whole reports.
        lock (terminal)
        {
            if (reply.Events.Count == 0)
            {
                terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"progress notify: {reply.Header.Revision}"));
            }

            printer.Watch(reply);
            terminal.Flush();
        }
    }

    private void ReportEnd(string reason, WatchResponse reply)
    {
        lock (terminal)
        {
            terminal.Error.WriteLine($"watch was canceled ({reason})");
            printer.Watch(reply);
            terminal.Flush();
        }
    }

    private async Task RunProgramAsync(Event change, long revision, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = new(program[0], program.Skip(1)) { UseShellExecute = false };
        start.Environment["ETCD_WATCH_REVISION"] = revision.ToString(CultureInfo.InvariantCulture);
        start.Environment["ETCD_WATCH_EVENT_TYPE"] = change.Type == Event.Types.EventType.Put ? "\"PUT\"" : "\"DELETE\"";
        start.Environment["ETCD_WATCH_KEY"] = GoText.Quote(change.Kv.Key.Span);
        start.Environment["ETCD_WATCH_VALUE"] = GoText.Quote(change.Kv.Value.Span);
        string failure;
        try
        {
            using Process process = Process.Start(start)!;
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode == 0)
            {
                return;
            }

            failure = "exit status " + process.ExitCode.ToString(CultureInfo.InvariantCulture);
        }
        catch (Win32Exception error)
        {
            failure = ProgramError.Describe(error, program[0]);
        }

        string words = string.Join(" ", program.Select(GoText.Quote));
        throw new CommandFailedException(ExitCode.Error, $"command [{words}] error ({failure})");
    }
}
