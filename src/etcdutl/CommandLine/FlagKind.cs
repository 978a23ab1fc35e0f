namespace Etcdutl.CommandLine;

/// <summary>What values a flag takes.</summary>
internal enum FlagKind
{
    Text,

    /// <summary>True or false; true when given without a value.</summary>
    Switch,

    /// <summary>A signed 64-bit number.</summary>
    Integer,

    /// <summary>An unsigned 64-bit number.</summary>
    Unsigned,

    /// <summary>A time as Go writes it, such as <c>1m30s</c>; 0 for none.</summary>
    Duration,
}
