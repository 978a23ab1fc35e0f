namespace Etcd.Api.Gateway.Json;

/// <summary>How a field is written, in JSON and on the wire.</summary>
internal enum FieldKind
{
    /// <summary><c>true</c> or <c>false</c>; a varint.</summary>
    Bool,

    /// <summary>A number, as a string when of 64 bits; a varint in two's complement.</summary>
    Signed,

    /// <summary>A number, as a string when of 64 bits; a varint.</summary>
    Unsigned,

    /// <summary>A string.</summary>
    Text,

    /// <summary>Base64.</summary>
    Bytes,

    /// <summary>The name of the value; a varint.</summary>
    Enumeration,

    /// <summary>An object.</summary>
    Message,
}
