using System.Globalization;
using System.Net;

namespace Etcd.Peer.Http;

/// <summary>Head of an HTTP/1.1 answer.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Headers">Its fields, names in any case; of one that came twice both values, separated by a comma.</param>
internal sealed record AnswerHead(HttpStatusCode Status, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>Value of a field, or <see langword="null"/>.</summary>
    public string? this[string name] => Headers.GetValueOrDefault(name);

    /// <summary>Reads a head from its lines.</summary>
    /// <exception cref="IOException">It is none.</exception>
    public static AnswerHead Parse(IReadOnlyList<string> lines)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        HttpStatusCode status = ParseStatus(lines[0]);
        foreach (string line in lines.Skip(1))
        {
            int colon = line.IndexOf(':');
            if (colon <= 0 || line.AsSpan(0, colon).ContainsAny(' ', '\t'))
            {
                throw new IOException("malformed HTTP header in the answer of a peer");
            }

            string name = line[..colon];
            string value = line[(colon + 1)..].Trim(' ', '\t');
            headers[name] = headers.TryGetValue(name, out string? before) ? $"{before}, {value}" : value;
        }

        return new AnswerHead(status, headers);
    }

    // Source: RFC 9112, section 4. The reason is optional, the blank in front of it is not always there.
    private static HttpStatusCode ParseStatus(string line)
    {
        bool isHttp1 = line.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) || line.StartsWith("HTTP/1.0 ", StringComparison.Ordinal);
        const int Start = 9;
        const int End = Start + 3;
        return isHttp1 && line.Length >= End && (line.Length == End || line[End] == ' ')
            && int.TryParse(line.AsSpan(Start, 3), NumberStyles.None, CultureInfo.InvariantCulture, out int status)
            ? (HttpStatusCode)status
            : throw new IOException("the answer of a peer is no HTTP/1.1");
    }
}
