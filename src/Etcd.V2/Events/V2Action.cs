namespace Etcd.V2.Events;

/// <summary>What an event did. The names are etcd's and stand in replies, histories and dumps.</summary>
public static class V2Action
{
    /// <summary>A read.</summary>
    public const string Get = "get";

    /// <summary>A node made where there was none, or must be none.</summary>
    public const string Create = "create";

    /// <summary>A file written, whatever was there.</summary>
    public const string Set = "set";

    /// <summary>A node that exists given another value or life.</summary>
    public const string Update = "update";

    /// <summary>A node deleted.</summary>
    public const string Delete = "delete";

    /// <summary>A file written because it was as expected.</summary>
    public const string CompareAndSwap = "compareAndSwap";

    /// <summary>A file deleted because it was as expected.</summary>
    public const string CompareAndDelete = "compareAndDelete";

    /// <summary>A node gone because its time was over.</summary>
    public const string Expire = "expire";
}
