using System.Collections.Concurrent;
using System.Text;

using Google.Protobuf.Reflection;

namespace Etcd.Api.Gateway.Json;

/// <summary>What of a message's descriptor translation needs, laid out for quick look-ups. One for each type of message, shared by all calls.</summary>
internal sealed class MessageShape
{
    private static readonly ConcurrentDictionary<MessageDescriptor, MessageShape> Known = new();

    private readonly FieldShape[] _fields;
    private readonly FieldShape?[] _byNumber;

    private MessageShape(MessageDescriptor descriptor)
    {
        // In the order of the numbers, which is the order in which the server's own encoders write.
        _fields = [.. descriptor.Fields.InFieldNumberOrder().Select(field => new FieldShape(field))];
        _byNumber = new FieldShape?[_fields.Length == 0 ? 1 : _fields[^1].Number + 1];
        for (int position = 0; position < _fields.Length; position++)
        {
            _fields[position].Position = position;
            _byNumber[_fields[position].Number] = _fields[position];
        }
    }

    /// <summary>The shape of a type.</summary>
    internal static MessageShape Of(MessageDescriptor descriptor) => Known.GetOrAdd(descriptor, type => new MessageShape(type));

    /// <summary>A field by its number; <see langword="null"/> for a number of a later release.</summary>
    internal FieldShape? ByNumber(int number) => (uint)number < (uint)_byNumber.Length ? _byNumber[number] : null;

    /// <summary>A field by either of its names: as the <c>.proto</c> file has it, or in lower camel case.</summary>
    internal FieldShape? ByName(ReadOnlySpan<byte> name)
    {
        foreach (FieldShape field in _fields)
        {
            if (name.SequenceEqual(field.Name) || name.SequenceEqual(field.CamelName))
            {
                return field;
            }
        }

        return null;
    }

    /// <summary>A name as it stands in JSON.</summary>
    internal static byte[] Utf8(string name) => Encoding.UTF8.GetBytes(name);
}
