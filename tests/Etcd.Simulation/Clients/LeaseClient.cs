using System.Globalization;

using Etcd.Protocol.Rpc;
using Etcd.Simulation.Checkers;
using Etcd.Simulation.Schedule;

using Google.Protobuf;

namespace Etcd.Simulation.Clients;

/// <summary>A client that takes a lease, hangs a key on it, keeps it alive for a while, and then revokes or abandons it.</summary>
internal sealed class LeaseClient(string name, SimulatedWorld world, SimulationRandom random)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private int _taken;

    public async Task RunAsync()
    {
        while (!world.IsQuiet)
        {
            await world.Queue.DelayAsync(random.Between(TimeSpan.Zero, world.Scenario.ThinkMax)).ConfigureAwait(false);
            if (await GrantAsync().ConfigureAwait(false) is { } lease)
            {
                world.Leases.Add(lease);
                await UseAsync(lease).ConfigureAwait(false);
            }
        }
    }

    private async Task<LeaseRecord?> GrantAsync()
    {
        long sent = world.Queue.NowTicks;
        var request = new LeaseGrantRequest { TTL = random.Between(1, 3) };
        ClientReply<LeaseGrantResponse> reply = await world.Connections
            .CallAsync(world.AnyMachine(random), server => server.Leases.GrantAsync(request), Patience)
            .ConfigureAwait(false);
        return reply.Value is not { } granted ? null : new LeaseRecord
        {
            Id = granted.ID,
            Ttl = TimeSpan.FromSeconds(granted.TTL),
            Key = string.Create(CultureInfo.InvariantCulture, $"lease/{name}/{++_taken}"),
            RenewedTicks = { sent },
        };
    }

    private async Task UseAsync(LeaseRecord lease)
    {
        var put = new PutRequest
        {
            Key = ByteString.CopyFromUtf8(lease.Key),
            Value = Keys.Value(world.NextValue(), world.Scenario.ValueBytes),
            Lease = lease.Id,
        };
        ClientReply<PutResponse> written = await world.Connections
            .CallAsync(world.AnyMachine(random), server => server.KeyValues.PutAsync(put), Patience)
            .ConfigureAwait(false);
        lease.KeyRevision = written.Value?.Header.Revision ?? 0;
        for (int left = random.Below(6); left > 0 && !world.IsQuiet; left--)
        {
            await world.Queue.DelayAsync(random.Between(TimeSpan.Zero, lease.Ttl)).ConfigureAwait(false);
            if (!await RenewAsync(lease).ConfigureAwait(false))
            {
                return;
            }
        }

        if (random.Percent(30))
        {
            lease.IsRevokeAsked = true;
            var revoke = new LeaseRevokeRequest { ID = lease.Id };
            await world.Connections
                .CallAsync(world.AnyMachine(random), server => server.Leases.RevokeAsync(revoke), Patience)
                .ConfigureAwait(false);
        }
    }

    /// <summary>Keeps a lease alive.</summary>
    /// <returns><see langword="false"/> when it is gone.</returns>
    private async Task<bool> RenewAsync(LeaseRecord lease)
    {
        long sent = world.Queue.NowTicks;
        ClientReply<LeaseKeepAliveResponse> reply = await world.Connections
            .CallAsync(world.AnyMachine(random), server => server.Leases.RenewAsync(lease.Id, CancellationToken.None), Patience)
            .ConfigureAwait(false);
        if (reply.Value is { TTL: > 0 })
        {
            lease.RenewedTicks.Add(sent);
        }

        return reply.Value is not { TTL: 0 };
    }
}
