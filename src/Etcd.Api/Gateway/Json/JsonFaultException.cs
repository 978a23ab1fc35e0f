namespace Etcd.Api.Gateway.Json;

/// <summary>JSON that is well formed but is not the message asked for.</summary>
/// <param name="message">What is wrong and where, in the words of Go's protobuf library.</param>
internal sealed class JsonFaultException(string message) : Exception(message);
