using Etcdctl.Text;

namespace Etcdctl.Connection;

/// <summary>Member IDs as arguments.</summary>
internal static class MemberId
{
    /// <summary>Reads an ID in hexadecimal.</summary>
    /// <exception cref="CommandFailedException">It is none.</exception>
    public static ulong Parse(string text)
    {
        try
        {
            return GoNumber.ParseHex(text);
        }
        catch (FormatException failure)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, $"bad member ID arg ({failure.Message}), expecting ID in Hex");
        }
    }

    /// <summary>The single argument of a command that names a member.</summary>
    /// <exception cref="CommandFailedException">There is not exactly one, or it is no ID.</exception>
    public static ulong Only(IReadOnlyList<string> arguments) => arguments.Count == 1
        ? Parse(arguments[0])
        : throw CommandFailedException.Because(ExitCode.BadArguments, "member ID is not provided");
}
