using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Interop.Coordination;

/// <summary>Looks at the keys behind a lock or an election, and makes the leases they hang on.</summary>
internal static class LineProbe
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public static ByteString Text(string text) => ByteString.CopyFromUtf8(text);

    public static async Task<long> GrantAsync(EtcdConnection connection) =>
        (await connection.CallAsync(EtcdMethods.LeaseGrant, new LeaseGrantRequest { TTL = 600 })).ID;

    public static Task RevokeAsync(EtcdConnection connection, long lease) =>
        connection.CallAsync(EtcdMethods.LeaseRevoke, new LeaseRevokeRequest { ID = lease });

    public static async Task<IReadOnlyList<string>> KeysAsync(EtcdConnection connection, string name)
    {
        RangeResponse reply = await connection.CallAsync(
            EtcdMethods.Range, new RangeRequest { Key = Text(name + "/"), RangeEnd = Text(name + "0") });
        return [.. reply.Kvs.Select(pair => pair.Key.ToStringUtf8())];
    }

    /// <summary>Waits until a line has a number of keys.</summary>
    public static async Task WaitForCountAsync(EtcdConnection connection, string name, int count)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        while ((await KeysAsync(connection, name)).Count != count)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), limit.Token);
        }
    }
}
