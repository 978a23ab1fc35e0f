namespace Etcd.Client.Calls;

/// <summary>What may happen when a call is sent twice.</summary>
internal enum CallKind
{
    /// <summary>Nothing: a read, or a request whose repetition does no harm.</summary>
    Repeatable,

    /// <summary>The change may be made twice.</summary>
    Write,
}
