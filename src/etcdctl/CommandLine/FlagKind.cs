namespace Etcdctl.CommandLine;

/// <summary>What values a flag takes.</summary>
internal enum FlagKind
{
    /// <summary>Any text.</summary>
    Text,

    /// <summary>True or false; true when given without a value.</summary>
    Switch,

    /// <summary>A signed 64-bit number.</summary>
    Integer,

    /// <summary>An unsigned 64-bit number.</summary>
    Unsigned,

    /// <summary>A time such as <c>5s</c> or <c>300ms</c>.</summary>
    Duration,

    /// <summary>Texts between commas; giving the flag again adds to it.</summary>
    TextList,
}
