using System.Diagnostics.CodeAnalysis;

namespace Etcd.Grpc;

/// <summary>Metadata of a call: an ordered list of names and values that travel as HTTP/2 headers or trailers.</summary>
/// <remarks>
/// Names are lower case. A name that ends in <c>-bin</c> carries bytes, in base64 on the wire; every other value is printable ASCII.
/// A name may occur more than once. Names that begin with <c>grpc-</c> belong to the protocol and cannot be added.
/// Not safe for concurrent change.
/// </remarks>
public sealed class RpcMetadata
{
    private readonly List<KeyValuePair<string, string>> _entries = [];

    /// <summary>Names and wire values in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Entries => _entries;

    /// <summary>Adds a text value.</summary>
    /// <param name="name">Letters, digits, <c>-</c>, <c>_</c> and <c>.</c>; upper case is lowered.</param>
    /// <param name="value">Printable ASCII.</param>
    /// <exception cref="ArgumentException">The name is malformed, reserved or ends in <c>-bin</c>, or the value is not printable ASCII.</exception>
    public void Add(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        string wireName = WireName(name);
        if (IsBinary(wireName))
        {
            throw new ArgumentException($"metadata '{wireName}' is binary: use AddBinary", nameof(name));
        }

        if (value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            throw new ArgumentException($"the value of metadata '{wireName}' is not printable ASCII", nameof(value));
        }

        _entries.Add(new(wireName, value));
    }

    /// <summary>Adds a binary value.</summary>
    /// <param name="name">A name that ends in <c>-bin</c>.</param>
    /// <param name="value">Any bytes.</param>
    /// <exception cref="ArgumentException">The name is malformed, reserved or does not end in <c>-bin</c>.</exception>
    public void AddBinary(string name, ReadOnlySpan<byte> value)
    {
        string wireName = WireName(name);
        if (!IsBinary(wireName))
        {
            throw new ArgumentException($"the name of binary metadata ends in -bin: '{wireName}'", nameof(name));
        }

        // Padding is optional on the wire, and the common implementations leave it out.
        _entries.Add(new(wireName, Convert.ToBase64String(value).TrimEnd('=')));
    }

    /// <summary>First value of a name as it stands on the wire.</summary>
    /// <param name="name">Lower-case name.</param>
    /// <returns>The value, or <see langword="null"/> when the name does not occur.</returns>
    public string? Get(string name)
    {
        foreach ((string key, string value) in _entries)
        {
            if (key == name)
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>First value of a binary name, decoded.</summary>
    /// <param name="name">Lower-case name that ends in <c>-bin</c>.</param>
    /// <returns>The bytes, or <see langword="null"/> when the name does not occur.</returns>
    /// <exception cref="FormatException">The value received is not base64.</exception>
    public byte[]? GetBinary(string name)
    {
        string? value = Get(name);
        if (value is null)
        {
            return null;
        }

        // Several values of one name may arrive joined by commas, which base64 does not contain.
        int comma = value.IndexOf(',', StringComparison.Ordinal);
        string first = (comma < 0 ? value : value[..comma]).Trim().TrimEnd('=');
        return Convert.FromBase64String(first.PadRight((first.Length + 3) / 4 * 4, '='));
    }

    /// <summary>Whether the name occurs, and its first value.</summary>
    /// <param name="name">Lower-case name.</param>
    /// <param name="value">The value as it stands on the wire.</param>
    public bool TryGet(string name, [NotNullWhen(true)] out string? value)
    {
        value = Get(name);
        return value is not null;
    }

    /// <summary>Adds what came from the wire, unchecked and undecoded.</summary>
    internal void AddReceived(string name, string value) => _entries.Add(new(name, value));

    /// <summary>Forgets all entries, so that the object serves another call.</summary>
    internal void Clear() => _entries.Clear();

    private static bool IsBinary(string name) => name.EndsWith("-bin", StringComparison.Ordinal);

    private static string WireName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        string lower = name.ToLowerInvariant();
        foreach (char c in lower)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('-' or '_' or '.'))
            {
                throw new ArgumentException($"'{name}' is no metadata name", nameof(name));
            }
        }

        return lower.StartsWith("grpc-", StringComparison.Ordinal)
            ? throw new ArgumentException($"metadata '{lower}' is reserved by the protocol", nameof(name))
            : lower;
    }
}
