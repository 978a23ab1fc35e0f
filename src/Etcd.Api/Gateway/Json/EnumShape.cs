using Google.Protobuf.Reflection;

namespace Etcd.Api.Gateway.Json;

/// <summary>The values of an enumeration and their names.</summary>
internal sealed class EnumShape
{
    private readonly (byte[] Name, int Number)[] _values;

    internal EnumShape(EnumDescriptor descriptor) =>
        _values = [.. descriptor.Values.Select(value => (MessageShape.Utf8(value.Name), value.Number))];

    /// <summary>The name of a value; empty for one of a later release.</summary>
    internal ReadOnlySpan<byte> NameOf(int number)
    {
        foreach ((byte[] name, int known) in _values)
        {
            if (known == number)
            {
                return name;
            }
        }

        return default;
    }

    /// <summary>The value of a name.</summary>
    internal bool TryFind(ReadOnlySpan<byte> name, out int number)
    {
        foreach ((byte[] known, int value) in _values)
        {
            if (name.SequenceEqual(known))
            {
                number = value;
                return true;
            }
        }

        number = 0;
        return false;
    }
}
