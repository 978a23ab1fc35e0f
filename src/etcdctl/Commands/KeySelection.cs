using Etcd.Client;
using Etcdctl.CommandLine;
using Etcdctl.Text;

namespace Etcdctl.Commands;

/// <summary>Keys chosen by <c>key [range_end]</c>, <c>--prefix</c> and <c>--from-key</c>.</summary>
internal static class KeySelection
{
    /// <summary>Refuses the two flags together.</summary>
    public static void CheckFlags(FlagSet flags)
    {
        if (flags["prefix"].IsOn && flags["from-key"].IsOn)
        {
            throw CommandFailedException.Because(
                ExitCode.BadArguments, "`--prefix` and `--from-key` cannot be set at the same time, choose one");
        }
    }

    /// <summary>The keys.</summary>
    public static KeyRange Parse(FlagSet flags, IReadOnlyList<string> arguments)
    {
        byte[] key = RawText.Encode(arguments[0]);
        bool isPrefix = flags["prefix"].IsOn;
        bool isFrom = flags["from-key"].IsOn;
        if (arguments.Count > 1)
        {
            return isPrefix || isFrom
                ? throw CommandFailedException.Because(
                    ExitCode.BadArguments, "too many arguments, only accept one argument when `--prefix` or `--from-key` is set")
                : KeyRange.Between(key, RawText.Encode(arguments[1]));
        }

        return isPrefix ? KeyRange.Prefix(key) : isFrom ? KeyRange.From(key) : key;
    }
}
