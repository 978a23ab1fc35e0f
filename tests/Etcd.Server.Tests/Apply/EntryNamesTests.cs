using System.Text;

using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Raft;
using Etcd.Server.Apply;
using Etcd.Server.Tests.Members;
using Etcd.Testing.SimulatedDisk;

using Google.Protobuf;

namespace Etcd.Server.Tests.Apply;

public sealed class EntryNamesTests
{
    private const string Placeholder = "@@";

    private static readonly byte[] Name = [(byte)'a', 0xff];

    private static InternalRaftRequest[] Requests =>
    [
        new() { Header = new RequestHeader { Username = Placeholder, ID = 7 }, Put = new PutRequest { Key = ByteString.CopyFromUtf8("k") } },
        new() { Authenticate = new InternalAuthenticateRequest { Name = Placeholder } },
        new() { AuthUserAdd = new AuthUserAddRequest { Name = Placeholder, HashedPassword = "h" } },
        new() { AuthUserDelete = new AuthUserDeleteRequest { Name = Placeholder } },
        new() { AuthUserGet = new AuthUserGetRequest { Name = Placeholder } },
        new() { AuthUserChangePassword = new AuthUserChangePasswordRequest { Name = Placeholder } },
        new() { AuthUserGrantRole = new AuthUserGrantRoleRequest { User = Placeholder, Role = Placeholder } },
        new() { AuthUserRevokeRole = new AuthUserRevokeRoleRequest { Name = Placeholder, Role = Placeholder } },
        new() { AuthRoleAdd = new AuthRoleAddRequest { Name = Placeholder } },
        new() { AuthRoleDelete = new AuthRoleDeleteRequest { Role = Placeholder } },
        new() { AuthRoleGet = new AuthRoleGetRequest { Role = Placeholder } },
        new() { AuthRoleGrantPermission = new AuthRoleGrantPermissionRequest { Name = Placeholder } },
        new() { AuthRoleRevokePermission = new AuthRoleRevokePermissionRequest { Role = Placeholder } },
    ];

    // What a member of real etcd replicates for a client that sends such a name.
    [Fact]
    public void Parse_EntryWithNamesThatAreNoText_HasEachNameAsItsBytes()
    {
        const string exact = @"a\udbff\udfff";
        foreach (InternalRaftRequest sent in Requests)
        {
            var request = Assert.IsType<InternalRaftRequest>(EntryRequest.Parse(new Entry(1, 1, EntryType.Normal, Bytes(sent))));

            // With the placeholder back in place of the exact name nothing else has changed, and no name has escaped.
            Assert.Equal(sent, InternalRaftRequest.Parser.ParseJson(request.ToString().Replace(exact, Placeholder, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task Propose_NameThatAMessageCannotSay_IsRefusedBeforeTheLog()
    {
        await using TestMember member = await TestMember.StartAsync(new SimulatedFileSystem());
        ulong before = member.Server.Maintenance.Status().RaftIndex;
        foreach (InternalRaftRequest request in Requests)
        {
            InternalRaftRequest parsed = EntryNames.Restored(InternalRaftRequest.Parser.ParseFrom(Bytes(request)), Bytes(request));

            EtcdException refusal = await Assert.ThrowsAsync<EtcdException>(async () => await member.Server.Proposals.ProposeAsync(parsed));

            Assert.Equal(EtcdErrorCode.InvalidAuthManagement, refusal.Code);
        }

        Assert.Equal(before, member.Server.Maintenance.Status().RaftIndex);
    }

    private static byte[] Bytes(InternalRaftRequest request)
    {
        byte[] encoded = request.ToByteArray();
        byte[] placeholder = Encoding.UTF8.GetBytes(Placeholder);
        for (int at = encoded.AsSpan().IndexOf(placeholder); at >= 0; at = encoded.AsSpan().IndexOf(placeholder))
        {
            Name.CopyTo(encoded, at);
        }

        return encoded;
    }
}
