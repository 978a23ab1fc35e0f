using Etcd.Client;
using Etcd.Grpc;
using Etcd.Protocol.Elections;
using Etcd.Protocol.Rpc;
using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Etcdctl.Text;

namespace Etcdctl.Commands;

/// <summary>Takes part in an election until it is interrupted, or tells who leads.</summary>
internal static class ElectCommand
{
    public static Command Create() => new("elect <election-name> [proposal]", "Observes and participates in leader election")
    {
        Flags = [new("listen", FlagKind.Switch, "false", "observation mode", 'l')],
        Run = RunAsync,
    };

    private static Task RunAsync(CommandContext context)
    {
        bool listens = context.Flags["listen"].IsOn;
        if (context.Arguments.Count is 0 or > 2)
        {
            throw CommandFailedException.Because(
                ExitCode.BadArguments, "elect takes one election name argument and an optional proposal argument");
        }

        if (listens && context.Arguments.Count == 2)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "proposal given but -l is set");
        }

        if (!listens && context.Arguments.Count == 1)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "no proposal argument but -l not set");
        }

        return listens ? ObserveAsync(context) : CampaignAsync(context);
    }

    private static async Task CampaignAsync(CommandContext context)
    {
        Session session = Session.Open(context, hasDeadline: false, isLongLived: true);
        using Interruption interruption = new();
        await using Leadership leadership = await CampaignAsync(session.Client, context.Arguments, interruption.Token);
        session.Printer.Get(await Call.RunAsync(session.Client.Kv.GetAsync(leadership.Key, cancellationToken: CancellationToken.None)));
        context.Terminal.Flush();
        await LockCommand.EitherAsync(interruption.Token, leadership.Lost);
        if (!interruption.Token.IsCancellationRequested)
        {
            throw CommandFailedException.Because(ExitCode.Error, "elect: session expired");
        }
    }

    private static async Task<Leadership> CampaignAsync(EtcdClient client, IReadOnlyList<string> arguments, CancellationToken interrupted)
    {
        byte[] name = RawText.Encode(arguments[0]);
        byte[] proposal = RawText.Encode(arguments[1]);
        try
        {
            return await Call.RunAsync(client.Elections.CampaignAsync(name, proposal, cancellationToken: interrupted));
        }
        catch (LeaseExpiredException)
        {
            throw CommandFailedException.Because(ExitCode.Error, "elect: session expired");
        }
        catch (OperationCanceledException)
        {
            throw CommandFailedException.Because(ExitCode.Error, "context canceled");
        }
    }

    private static async Task ObserveAsync(CommandContext context)
    {
        Session session = Session.Open(context, hasDeadline: false, isLongLived: true);
        using Interruption interruption = new();
        try
        {
            await foreach (LeaderResponse leader in session.Client.Elections.ObserveAsync(RawText.Encode(context.Arguments[0]), interruption.Token))
            {
                session.Printer.Get(new RangeResponse { Header = leader.Header, Kvs = { leader.Kv } });
                context.Terminal.Flush();
            }
        }
        catch (OperationCanceledException)
        {
            // Interrupted: that is how it ends.
        }
        catch (Exception failure) when (failure is RpcException or WatchCanceledException)
        {
            string reason = failure is RpcException error ? RpcErrorText.Short(error) : failure.Message;
            throw CommandFailedException.Because(ExitCode.Error, $"elect: observer lost ({reason})");
        }
    }
}
