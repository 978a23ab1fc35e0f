using Etcd.Raft.Encoding;

namespace Etcd.Raft.Tests.Node;

/// <summary>Delivers messages as bytes, as between processes.</summary>
internal static class MemberGroupEncoded
{
    public static void Settle(MemberGroup group, ulong members)
    {
        bool busy = true;
        while (busy)
        {
            busy = false;
            for (ulong id = 1; id <= members; id++)
            {
                foreach (RaftMessage message in MemberGroup.TakeSent(group[id]))
                {
                    byte[] bytes = new byte[RaftMessageCodec.SizeOf(message)];
                    RaftMessageCodec.Write(message, bytes);
                    busy = true;
                    group[message.To].Node.Step(RaftMessageCodec.Read(bytes));
                }
            }
        }
    }
}
