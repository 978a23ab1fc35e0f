using System.Globalization;
using System.Text;

namespace Etcd.Server.Limits.Prefixes;

/// <summary>A prefix as text.</summary>
internal static class PrefixText
{
    /// <summary>The bytes in quotes: printable ASCII as it is, all else as <c>\xNN</c>.</summary>
    internal static string Quote(ReadOnlySpan<byte> prefix)
    {
        var text = new StringBuilder(prefix.Length + 2).Append('"');
        foreach (byte one in prefix)
        {
            if (one is >= (byte)' ' and <= (byte)'~' and not (byte)'"' and not (byte)'\\')
            {
                text.Append((char)one);
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"\\x{one:x2}");
            }
        }

        return text.Append('"').ToString();
    }
}
