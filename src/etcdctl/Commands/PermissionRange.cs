using Etcd.Client;
using Etcdctl.CommandLine;
using Etcdctl.Text;

namespace Etcdctl.Commands;

/// <summary>The range of a permission, from <c>key [endkey]</c>, <c>--prefix</c> and <c>--from-key</c>.</summary>
internal static class PermissionRange
{
    private static readonly byte[] OpenEnd = [0];

    /// <summary>Reads it.</summary>
    /// <param name="flags">Flags of the command.</param>
    /// <param name="arguments">Key and end, at least the key.</param>
    /// <returns>Key and end as requests have them.</returns>
    /// <exception cref="CommandFailedException">The flags do not fit together, or not with an end.</exception>
    public static (byte[] Key, byte[] RangeEnd) Read(FlagSet flags, string[] arguments)
    {
        bool isPrefix = flags["prefix"].IsOn;
        bool isFrom = flags["from-key"].IsOn;
        byte[] key = RawText.Encode(arguments[0]);
        if (isPrefix && isFrom && (key.Length == 0 || arguments.Length == 1))
        {
            throw Refused("--from-key and --prefix flags are mutually exclusive");
        }

        if (key.Length == 0)
        {
            // All keys: the server knows no permission for an empty key.
            return (OpenEnd, isPrefix || isFrom ? OpenEnd : []);
        }

        if (arguments.Length > 1)
        {
            return isPrefix ? throw Refused("unexpected endkey argument with --prefix flag")
                : isFrom ? throw Refused("unexpected endkey argument with --from-key flag")
                : (key, RawText.Encode(arguments[1]));
        }

        return (key, isPrefix ? EndOfPrefix(key) : isFrom ? OpenEnd : []);
    }

    /// <summary>End of the keys that begin with a prefix.</summary>
    public static byte[] EndOfPrefix(byte[] prefix) => KeyRange.Prefix(prefix).End.ByteString.ToByteArray();

    private static CommandFailedException Refused(string reason) => CommandFailedException.Because(ExitCode.BadArguments, reason);
}
