namespace Etcd.Interop.V2;

/// <summary>A request that ends in an error of the v2 API.</summary>
/// <param name="Code">The error's number.</param>
/// <param name="Request">What is asked.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The whole body.</param>
internal sealed record V2CodeCase(int Code, V2Request Request, int Status, string Body);
