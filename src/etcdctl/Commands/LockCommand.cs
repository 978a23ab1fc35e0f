using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Etcd.Client;
using Etcd.Protocol.Rpc;
using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Etcdctl.Text;

namespace Etcdctl.Commands;

/// <summary>Holds a lock until it is interrupted, or while a program runs.</summary>
internal static class LockCommand
{
    public static Command Create() => new("lock <lockname> [exec-command arg1 arg2 ...]", "Acquires a named lock")
    {
        Flags = [new("ttl", FlagKind.Integer, "10", "timeout for session")],
        Run = RunAsync,
    };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count == 0)
        {
            throw CommandFailedException.Because(
                ExitCode.BadArguments, "lock takes a lock name argument and an optional command to execute");
        }

        Session session = Session.Open(context, hasDeadline: false, isLongLived: true);
        using Interruption interruption = new();
        long ttl = context.Flags["ttl"].Number;
        await using HeldLock held = await AcquireAsync(
            session.Client, RawText.Encode(context.Arguments[0]), ttl > 0 ? ttl : LockClient.DefaultTtlSeconds, interruption.Token);
        if (context.Arguments.Count > 1)
        {
            await RunProgramAsync(held, [.. context.Arguments.Skip(1)], context);
        }
        else
        {
            await HoldAsync(session, held, context, interruption.Token);
        }
    }

    private static async Task<HeldLock> AcquireAsync(EtcdClient client, byte[] name, long ttl, CancellationToken interrupted)
    {
        try
        {
            return await Call.RunAsync(client.Locks.AcquireAsync(name, ttl, interrupted));
        }
        catch (LeaseExpiredException)
        {
            throw CommandFailedException.Because(ExitCode.Error, "mutex: session is expired");
        }
        catch (OperationCanceledException)
        {
            throw CommandFailedException.Because(ExitCode.Error, "context canceled");
        }
    }

    private static async Task HoldAsync(Session session, HeldLock held, CommandContext context, CancellationToken interrupted)
    {
        RangeResponse key = await Call.RunAsync(session.Client.Kv.GetAsync(held.Key, cancellationToken: CancellationToken.None));
        if (key.Kvs.Count == 0)
        {
            throw CommandFailedException.Because(ExitCode.Error, "lock lost on init");
        }

        session.Printer.Get(key);
        context.Terminal.Flush();
        await EitherAsync(interrupted, held.Lost);
        if (!interrupted.IsCancellationRequested)
        {
            throw CommandFailedException.Because(ExitCode.Error, "session expired");
        }
    }

    private static async Task RunProgramAsync(HeldLock held, IReadOnlyList<string> program, CommandContext context)
    {
        ProcessStartInfo start = new(program[0], program.Skip(1)) { UseShellExecute = false, RedirectStandardInput = true };
        start.Environment["ETCD_LOCK_KEY"] = held.Key.ToString();
        start.Environment["ETCD_LOCK_REV"] = held.Revision.ToString(CultureInfo.InvariantCulture);
        try
        {
            using Process process = Process.Start(start)!;
            process.StandardInput.Close();
            using CancellationTokenRegistration warning = held.Lost.Register(() => Warn(context));
            await process.WaitForExitAsync(CancellationToken.None);
            if (process.ExitCode != 0)
            {
                string status = process.ExitCode.ToString(CultureInfo.InvariantCulture);
                throw CommandFailedException.Because((ExitCode)process.ExitCode, "exit status " + status);
            }
        }
        catch (Win32Exception failure)
        {
            throw CommandFailedException.Because(ExitCode.Error, ProgramError.Describe(failure, program[0]));
        }
    }

    // The program goes on, as with the real one; its owner should know that others may hold the lock from here on.
    private static void Warn(CommandContext context)
    {
        context.Terminal.Error.WriteLine("Warning: session expired: the lock is lost while the command runs");
        context.Terminal.Error.Flush();
    }

    /// <summary>Waits until one of two tokens is cancelled.</summary>
    public static async Task EitherAsync(CancellationToken one, CancellationToken other)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(one, other);
        await Task.Delay(Timeout.Infinite, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
