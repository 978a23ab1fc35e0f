namespace Etcd.Protocol.Errors;

/// <summary>An error that the client of a request must see. Its message is the catalogue's text, and where the figures matter what follows it.</summary>
public sealed class EtcdException : Exception
{
    /// <summary>Creates the exception for <paramref name="code"/>.</summary>
    public EtcdException(EtcdErrorCode code)
        : base(ErrorCatalogue.Describe(code).Text) => Code = code;

    /// <summary>Creates the exception for <paramref name="code"/> with what led to it.</summary>
    public EtcdException(EtcdErrorCode code, Exception? innerException)
        : base(ErrorCatalogue.Describe(code).Text, innerException) => Code = code;

    /// <summary>Creates the exception for <paramref name="code"/> with what the client must know beside the catalogue's text.</summary>
    /// <param name="code">Which error it is.</param>
    /// <param name="facts">Goes behind the text and a colon.</param>
    public EtcdException(EtcdErrorCode code, string facts)
        : base($"{ErrorCatalogue.Describe(code).Text}: {facts}") => Code = code;

    /// <summary>Which error of the catalogue it is.</summary>
    public EtcdErrorCode Code { get; }

    /// <summary>gRPC status, text and HTTP status of the error; the text is that of the catalogue alone, see <see cref="Exception.Message"/>.</summary>
    public ErrorDescription Description => ErrorCatalogue.Describe(Code);
}
