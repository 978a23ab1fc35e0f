namespace Etcd.Grpc.Server;

/// <summary>Is told the replies of the calls it was set on. Any thread; must not throw.</summary>
public interface IReplyMeter
{
    /// <summary>A message is on its way to the client.</summary>
    /// <param name="messageBytes">Its length, not compressed, without prefix and frames.</param>
    void Sent(long messageBytes);
}
