namespace Etcdctl.V2;

/// <summary>What values a flag takes.</summary>
internal enum V2FlagKind
{
    /// <summary>Any text.</summary>
    Text,

    /// <summary>True or false; true when given without a value.</summary>
    Switch,

    /// <summary>A whole number.</summary>
    Number,

    /// <summary>A time such as <c>5s</c>.</summary>
    Duration,
}
