using Etcd.Client;
using Etcd.Grpc;
using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Etcdctl.Mirroring;
using Etcdctl.Text;

namespace Etcdctl.Commands;

/// <summary>Copies keys to another cluster and goes on copying what changes.</summary>
internal static class MakeMirrorCommand
{
    private const string DestinationFlagPrefix = "dest-";

    public static Command Create() => new("make-mirror [options] <destination>", "Makes a mirror at the destination etcd cluster")
    {
        Flags =
        [
            new("dest-cacert", FlagKind.Text, "", "Verify certificates of TLS enabled secure servers using this CA bundle"),
            new("dest-cert", FlagKind.Text, "", "Identify secure client using this TLS certificate file for the destination cluster"),
            new("dest-insecure-transport", FlagKind.Switch, "true", "Disable transport security for client connections"),
            new("dest-key", FlagKind.Text, "", "Identify secure client using this TLS key file"),
            new("dest-password", FlagKind.Text, "",
                "Destination password for authentication (if this option is used, --user option shouldn't include password)"),
            new("dest-prefix", FlagKind.Text, "", "destination prefix to mirror a prefix to a different prefix in the destination cluster"),
            new("dest-user", FlagKind.Text, "", "Destination username[:password] for authentication (prompt if password is not supplied)"),
            new("max-txn-ops", FlagKind.Integer, "128", "Maximum number of operations permitted in a transaction during syncing updates.") { IsLater = true },
            new("no-dest-prefix", FlagKind.Switch, "false", "mirror key-values to the root of the destination cluster"),
            new("prefix", FlagKind.Text, "", "Key-value prefix to mirror"),
            new("rev", FlagKind.Integer, "0", "Specify the kv revision to start to mirror") { IsLater = true },
        ],
        Run = RunAsync,
    };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 1)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "make-mirror takes one destination argument");
        }

        FlagSet flags = context.Flags;
        string prefix = flags["prefix"].Value;
        string destinationPrefix = flags["dest-prefix"].Value;
        if (flags["no-dest-prefix"].IsOn && destinationPrefix.Length > 0)
        {
            throw CommandFailedException.Because(
                ExitCode.BadArguments, "`--dest-prefix` and `--no-dest-prefix` cannot be set at the same time, choose one");
        }

        if (flags["max-txn-ops"].Number <= 0 || flags["rev"].Number < 0)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "--max-txn-ops must be at least 1, --rev at least 0");
        }

        if (destinationPrefix.Length == 0 && !flags["no-dest-prefix"].IsOn)
        {
            destinationPrefix = prefix;
        }

        (string? user, string? password) = UserCredentials.Read(context, DestinationFlagPrefix, "Destination Password: ");
        Session source = Session.Open(context, hasDeadline: false, isLongLived: true);
        await using EtcdClient destination = source.ClientFor(
            context.Arguments[0].Split(','), TlsFiles.Read(flags, DestinationFlagPrefix), user, password);
        MirrorFigures figures = new(context.Terminal);
        Mirror mirror = new(
            source.Client,
            new MirrorWriter(destination.Kv, flags["max-txn-ops"].Number, figures),
            new MirrorKeys(RawText.Encode(prefix), RawText.Encode(destinationPrefix)),
            figures);
        await CopyAsync(mirror, flags["rev"].Number, figures);
    }

    private static async Task CopyAsync(Mirror mirror, long fromRevision, MirrorFigures figures)
    {
        Timer reporting = figures.StartReporting();
        try
        {
            await mirror.RunAsync(fromRevision, CancellationToken.None);
        }
        catch (SourceCompactedException lost)
        {
            throw CommandFailedException.Because(ExitCode.Error, lost.Message + "\n" + lost.Advice);
        }
        catch (WatchCanceledException ended)
        {
            throw CommandFailedException.Because(ExitCode.Error, ended.Message);
        }
        catch (RpcException error)
        {
            throw CommandFailedException.Because(ExitCode.Error, RpcErrorText.Short(error));
        }
        finally
        {
            await reporting.DisposeAsync();
            figures.Clear();
        }
    }
}
