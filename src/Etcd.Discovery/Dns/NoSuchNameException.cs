namespace Etcd.Discovery.Dns;

/// <summary>A name server is sure that there is no such name.</summary>
internal sealed class NoSuchNameException(string message) : IOException(message);
