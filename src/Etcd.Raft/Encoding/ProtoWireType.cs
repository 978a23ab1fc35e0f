namespace Etcd.Raft.Encoding;

/// <summary>How the value of a protobuf field lies in the bytes; the low three bits of its tag.</summary>
public enum ProtoWireType
{
    /// <summary>A number in groups of seven bits.</summary>
    Varint = 0,

    /// <summary>Eight bytes, little-endian.</summary>
    Fixed64 = 1,

    /// <summary>A varint length and that many bytes.</summary>
    Bytes = 2,

    /// <summary>Begin of a group; no message here has one, but an unknown field may.</summary>
    StartGroup = 3,

    /// <summary>End of a group.</summary>
    EndGroup = 4,

    /// <summary>Four bytes, little-endian.</summary>
    Fixed32 = 5,
}
