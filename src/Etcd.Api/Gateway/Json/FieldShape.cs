using Google.Protobuf.Reflection;

namespace Etcd.Api.Gateway.Json;

/// <summary>One field of a <see cref="MessageShape"/>.</summary>
internal sealed class FieldShape
{
    private readonly MessageDescriptor? _message;
    private MessageShape? _shape;

    internal FieldShape(FieldDescriptor descriptor)
    {
        Number = descriptor.FieldNumber;
        Kind = KindOf(descriptor.FieldType);
        KindName = KindNameOf(descriptor.FieldType);
        IsList = descriptor.IsRepeated;
        Name = MessageShape.Utf8(descriptor.Name);
        CamelName = MessageShape.Utf8(descriptor.JsonName);
        Label = MessageShape.Utf8($"\"{descriptor.Name}\":");
        TypeBytes = descriptor.FieldType is FieldType.Int32 or FieldType.UInt32 ? sizeof(int) : sizeof(long);
        OneofIndex = descriptor.ContainingOneof?.Index ?? -1;
        OneofName = descriptor.ContainingOneof?.FullName;
        _message = descriptor.FieldType == FieldType.Message ? descriptor.MessageType : null;
        Names = descriptor.FieldType == FieldType.Enum ? new EnumShape(descriptor.EnumType) : null;
    }

    internal int Number { get; }

    /// <summary>Place in its message, from 0.</summary>
    internal int Position { get; set; }

    internal FieldKind Kind { get; }

    /// <summary>The kind in the words of the protocol, for errors.</summary>
    internal string KindName { get; }

    internal bool IsList { get; }

    /// <summary>Name in the <c>.proto</c> file.</summary>
    internal byte[] Name { get; }

    /// <summary>The same in lower camel case.</summary>
    internal byte[] CamelName { get; }

    /// <summary>Name, quotes and colon, as replies have it.</summary>
    internal byte[] Label { get; }

    /// <summary>Size of an integer: 4 or 8.</summary>
    internal int TypeBytes { get; }

    /// <summary>Which group of alternatives it belongs to, from 0; -1 for none.</summary>
    internal int OneofIndex { get; }

    internal string? OneofName { get; }

    /// <summary>Names of an enumeration's values.</summary>
    internal EnumShape? Names { get; }

    /// <summary>Shape of an embedded message. Found when first asked for: messages embed each other in circles.</summary>
    internal MessageShape Message => _shape ??= MessageShape.Of(_message!);

    private static FieldKind KindOf(FieldType type) => type switch
    {
        FieldType.Bool => FieldKind.Bool,
        FieldType.Int32 or FieldType.Int64 => FieldKind.Signed,
        FieldType.UInt32 or FieldType.UInt64 => FieldKind.Unsigned,
        FieldType.String => FieldKind.Text,
        FieldType.Bytes => FieldKind.Bytes,
        FieldType.Enum => FieldKind.Enumeration,
        FieldType.Message => FieldKind.Message,
        _ => throw new NotSupportedException($"no message of the client protocol has a field of type {type}"),
    };

    private static string KindNameOf(FieldType type) => type switch
    {
        FieldType.Int32 => "int32",
        FieldType.Int64 => "int64",
        FieldType.UInt32 => "uint32",
        FieldType.UInt64 => "uint64",
        FieldType.Bool => "bool",
        FieldType.String => "string",
        FieldType.Bytes => "bytes",
        FieldType.Enum => "enum",
        _ => "message",
    };
}
