using Google.Protobuf;

namespace Etcd.Grpc;

/// <summary>A method as a client calls it: its name and its message types. One static instance per method.</summary>
/// <typeparam name="TRequest">Request message.</typeparam>
/// <typeparam name="TReply">Reply message.</typeparam>
public sealed class RpcMethod<TRequest, TReply>
    where TRequest : IMessage<TRequest>
    where TReply : IMessage<TReply>
{
    /// <summary>Creates the description of a method.</summary>
    /// <param name="service">Full name of the service, as <c>etcdserverpb.KV</c>.</param>
    /// <param name="name">Name of the method, as <c>Range</c>.</param>
    /// <param name="replyParser">Parses replies.</param>
    public RpcMethod(string service, string name, MessageParser<TReply> replyParser)
    {
        Service = service;
        Name = name;
        ReplyParser = replyParser;
        Path = $"/{service}/{name}";
    }

    /// <summary>Full name of the service.</summary>
    public string Service { get; }

    /// <summary>Name of the method.</summary>
    public string Name { get; }

    /// <summary>Path on the wire.</summary>
    public string Path { get; }

    /// <summary>Parses replies.</summary>
    public MessageParser<TReply> ReplyParser { get; }
}
