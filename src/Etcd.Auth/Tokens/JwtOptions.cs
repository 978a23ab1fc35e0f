using System.Globalization;

namespace Etcd.Auth;

/// <summary>What follows <c>jwt,</c> in <c>--auth-token</c>.</summary>
/// <param name="SignMethod">Name of the algorithm, such as <c>RS256</c>.</param>
/// <param name="PublicKeyFile">File of the public key; empty when the private one is enough.</param>
/// <param name="PrivateKeyFile">File of the private or shared key; empty for a member that only verifies.</param>
/// <param name="TimeToLive">Life of a token.</param>
public sealed record JwtOptions(string SignMethod, string PublicKeyFile, string PrivateKeyFile, TimeSpan TimeToLive)
{
    /// <summary>Life of a token unless set.</summary>
    public static readonly TimeSpan TimeToLiveDefault = TimeSpan.FromMinutes(5);

    // The longest of Go's durations in whole hours.
    private static readonly TimeSpan TimeToLiveMax = TimeSpan.FromHours(2_562_047);

    /// <summary>Reads <c>name=value</c> pairs.</summary>
    /// <param name="pairs">The pairs, separated by commas.</param>
    /// <exception cref="FormatException">A pair is unknown, given twice or has no usable value, or the algorithm is missing.</exception>
    public static JwtOptions Parse(string pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string pair in pairs.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? pair : pair[..equals];
            if (name is not ("sign-method" or "pub-key" or "priv-key" or "ttl") || equals < 0)
            {
                throw new FormatException($"--auth-token: unknown or incomplete jwt option \"{pair}\"");
            }

            if (!values.TryAdd(name, pair[(equals + 1)..]))
            {
                throw new FormatException($"--auth-token: jwt option \"{name}\" is given twice");
            }
        }

        string method = values.GetValueOrDefault("sign-method", string.Empty);
        return method.Length == 0
            ? throw new FormatException("auth: invalid auth signature method")
            : new JwtOptions(
                method,
                values.GetValueOrDefault("pub-key", string.Empty),
                values.GetValueOrDefault("priv-key", string.Empty),
                values.TryGetValue("ttl", out string? ttl) ? ParseDuration(ttl) : TimeToLiveDefault);
    }

    // Go's durations of whole units: 90s, 10m, 1h30m.
    private static TimeSpan ParseDuration(string text)
    {
        TimeSpan total = TimeSpan.Zero;
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExceptInRange('0', '9');
            int unitEnd = digits < 0 ? -1 : rest[digits..].IndexOfAnyInRange('0', '9');
            ReadOnlySpan<char> unit = digits < 0 ? default : unitEnd < 0 ? rest[digits..] : rest[digits..(digits + unitEnd)];
            double seconds = unit switch { "h" => 3600, "m" => 60, "s" => 1, "ms" => 0.001, _ => 0 };
            if (seconds == 0 || !int.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out int count))
            {
                throw new FormatException($"--auth-token: \"{text}\" is no duration");
            }

            if (count * seconds > (TimeToLiveMax - total).TotalSeconds)
            {
                throw new FormatException($"--auth-token: ttl must be at most {TimeToLiveMax.TotalHours}h, not \"{text}\"");
            }

            total += TimeSpan.FromSeconds(count * seconds);
            rest = rest[(digits + unit.Length)..];
        }

        return total > TimeSpan.Zero ? total : throw new FormatException($"--auth-token: ttl must be positive, not \"{text}\"");
    }
}
