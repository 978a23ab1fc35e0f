using System.Net.Http.Headers;
using System.Text;

namespace Etcd.Api.Http.V2.Access;

/// <summary>Name and password as <c>Authorization: Basic</c> carries them.</summary>
/// <param name="Name">The user.</param>
/// <param name="Password">What somebody claims.</param>
internal readonly record struct BasicCredentials(string Name, string Password)
{
    /// <summary>Reads a header.</summary>
    /// <returns>Whether it is one of that kind; its content may be damaged all the same, and names nobody then.</returns>
    internal static bool TryRead(string header, out BasicCredentials credentials)
    {
        credentials = default;
        if (!AuthenticationHeaderValue.TryParse(header, out AuthenticationHeaderValue? parsed)
            || !parsed.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase)
            || parsed.Parameter is null)
        {
            return false;
        }

        credentials = Decode(parsed.Parameter);
        return true;
    }

    /// <summary>Names the user, keeps the password to itself.</summary>
    public override string ToString() => Name;

    private static BasicCredentials Decode(string text)
    {
        byte[] bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out int length))
        {
            return new BasicCredentials(string.Empty, string.Empty);
        }

        string decoded = Encoding.UTF8.GetString(bytes, 0, length);
        int colon = decoded.IndexOf(':', StringComparison.Ordinal);
        return colon < 0
            ? new BasicCredentials(decoded, string.Empty)
            : new BasicCredentials(decoded[..colon], decoded[(colon + 1)..]);
    }
}
