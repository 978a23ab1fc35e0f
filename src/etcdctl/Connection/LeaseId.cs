using Etcdctl.Text;

namespace Etcdctl.Connection;

/// <summary>Lease IDs as arguments: hexadecimal.</summary>
internal static class LeaseId
{
    /// <exception cref="CommandFailedException">The text is no hexadecimal number.</exception>
    public static long Parse(string text, string name = "lease ID arg")
    {
        try
        {
            return GoNumber.ParseInteger(text, 16);
        }
        catch (FormatException failure)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, $"bad {name} ({failure.Message}), expecting ID in Hex");
        }
    }
}
