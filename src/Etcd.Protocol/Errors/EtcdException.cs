namespace Etcd.Protocol.Errors;

/// <summary>An error that the client of a request must see. Its message is the catalogue's text.</summary>
public sealed class EtcdException : Exception
{
    /// <summary>Creates the exception for <paramref name="code"/>.</summary>
    public EtcdException(EtcdErrorCode code)
        : base(ErrorCatalogue.Describe(code).Text) => Code = code;

    /// <summary>Creates the exception for <paramref name="code"/> with what led to it.</summary>
    public EtcdException(EtcdErrorCode code, Exception? innerException)
        : base(ErrorCatalogue.Describe(code).Text, innerException) => Code = code;

    /// <summary>Which error of the catalogue it is.</summary>
    public EtcdErrorCode Code { get; }

    /// <summary>gRPC status, text and HTTP status of the error.</summary>
    public ErrorDescription Description => ErrorCatalogue.Describe(Code);
}
