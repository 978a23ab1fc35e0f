using System.Globalization;

using Google.Protobuf;

namespace Etcd.Simulation.Clients;

/// <summary>Names of keys and texts of values.</summary>
internal static class Keys
{
    public static string Of(int group, int key) => string.Create(CultureInfo.InvariantCulture, $"g{group}/k{key}");

    public static ByteString FirstOf(int group) => ByteString.CopyFromUtf8(string.Create(CultureInfo.InvariantCulture, $"g{group}/"));

    public static ByteString EndOf(int group) => ByteString.CopyFromUtf8(string.Create(CultureInfo.InvariantCulture, $"g{group}0"));

    /// <summary>A value that tells its number, padded to a size.</summary>
    public static ByteString Value(long number, int bytes) =>
        ByteString.CopyFromUtf8(number.ToString(CultureInfo.InvariantCulture).PadRight(Math.Max(bytes, 8), '.'));

    public static long NumberOf(string value) => long.Parse(value.AsSpan().TrimEnd('.'), CultureInfo.InvariantCulture);

    /// <summary>Position of a key inside its group.</summary>
    public static int IndexOf(ByteString key) => int.Parse(key.ToStringUtf8().Split('k')[1], CultureInfo.InvariantCulture);
}
