using System.Globalization;

using Etcd.Auth;
using Etcd.Hosting.Logging;

using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Settings;

/// <summary>Turns the text of a flag into its value. A text that does not fit raises <see cref="FormatException"/> with Go's wording,
/// which the command line reports with the flag's name.</summary>
internal static class ValueParsers
{
    private static readonly TimeSpan PeerTimeoutMin = TimeSpan.FromSeconds(5);

    internal static bool Switch(string text) => text switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => throw new FormatException("parse error"),
    };

    internal static int Int32(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
            ? value
            : throw new FormatException("parse error");

    internal static long Int64(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw new FormatException("parse error");

    internal static ulong UInt64(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value)
            ? value
            : throw new FormatException("parse error");

    internal static uint UInt32(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint value)
            ? value
            : throw new FormatException("parse error");

    internal static int Count(string text) => (int)Math.Min(UInt32(text), int.MaxValue);

    internal static TimeSpan Milliseconds(string text) => TimeSpan.FromMilliseconds(UInt32(text));

    internal static TimeSpan Duration(string text) =>
        GoDuration.TryParse(text, out TimeSpan value) ? value : throw new FormatException("parse error");

    /// <summary>A time-out of connections between members: etcd takes no shorter one than its default.</summary>
    internal static TimeSpan PeerTimeout(TimeSpan given) => given < PeerTimeoutMin ? PeerTimeoutMin : given;

    internal static int Positive(string text) =>
        Int32(text) is var value and > 0 ? value : throw new FormatException("must be greater than 0");

    internal static int BcryptCost(string text) =>
        Int32(text) is var value and >= Bcrypt.CostMin and <= Bcrypt.CostMax
            ? value
            : throw new FormatException($"must be between {Bcrypt.CostMin} and {Bcrypt.CostMax}");

    internal static IReadOnlyList<string> List(string text) =>
        text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    internal static LogLevel Level(string text) => text switch
    {
        "debug" => LogLevel.Debug,
        "info" => LogLevel.Information,
        "warn" => LogLevel.Warning,
        "error" => LogLevel.Error,
        "dpanic" or "panic" or "fatal" => LogLevel.Critical,
        _ => throw new FormatException($"unrecognized level: \"{text}\""),
    };

    internal static LogFormat LogFormat(string text) => text switch
    {
        "json" => Logging.LogFormat.Json,
        "console" => Logging.LogFormat.Console,
        _ => throw new FormatException($"unknown log format \"{text}\""),
    };

    /// <summary>A comma-separated list of URLs with a host and a port and nothing after it.</summary>
    internal static Uri HttpUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https" && url.Host.Length > 0
            ? url
            : throw new FormatException("must be an http or https URL");

    internal static IReadOnlyList<Uri> Urls(string text)
    {
        Uri[] urls = [.. List(text).Select(Url)];
        return urls.Length > 0 ? urls : throw new FormatException("no valid URLs given");
    }

    /// <summary>A URL with a host and a port and nothing after it, or that of a Unix-domain socket.</summary>
    internal static Uri Url(string text)
    {
        // By hand: what is no URL at all, such as http://, is still told by etcd what it lacks.
        int schemeEnd = text.IndexOf("://", StringComparison.Ordinal);
        string scheme = schemeEnd < 0 ? string.Empty : text[..schemeEnd].ToLowerInvariant();
        if (scheme is not ("http" or "https" or "unix" or "unixs"))
        {
            throw new FormatException($"URL scheme must be http, https, unix, or unixs: {text}");
        }

        bool isOfHost = scheme is "http" or "https";
        if (isOfHost && !HasPort(text))
        {
            throw new FormatException($"URL address does not have the form \"host:port\": {text}");
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url))
        {
            throw new FormatException($"parse \"{text}\": invalid URL");
        }

        return isOfHost && (url.AbsolutePath is not ("/" or "") || url.Query.Length > 0)
            ? throw new FormatException($"URL must not contain a path: {text}")
            : url;
    }

    /// <summary>A comma-separated list of origins, <c>scheme://host:port</c>, or <c>*</c>.</summary>
    internal static IReadOnlyList<string> Origins(string text)
    {
        IReadOnlyList<string> origins = List(text);
        foreach (string origin in origins.Where(origin => origin != "*"))
        {
            Urls(origin);
        }

        return origins;
    }

    private static bool HasPort(string item)
    {
        int host = item.IndexOf("://", StringComparison.Ordinal) + 3;
        int colon = item.LastIndexOf(':');
        return colon >= host && colon > item.LastIndexOf(']') && colon + 1 < item.Length && char.IsAsciiDigit(item[colon + 1]);
    }
}
