namespace Etcd.Server.Offline;

/// <summary>An offline operation that cannot be done; the message is for the operator. Nothing was changed unless it says so.</summary>
public sealed class OfflineException : Exception
{
    /// <summary>Creates the exception.</summary>
    public OfflineException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a cause.</summary>
    public OfflineException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
