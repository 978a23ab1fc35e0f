using System.Globalization;

using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Simulation.Checkers;
using Etcd.Simulation.Schedule;

using Google.Protobuf;

namespace Etcd.Simulation.Clients;

/// <summary>A client that takes a lease, hangs a key on it, keeps it alive for a while, and then revokes or abandons it. What it takes to have ended
/// it asks about for a while more.</summary>
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
        var request = new LeaseGrantRequest { TTL = random.Between(1, world.Scenario.LeaseTtlSecondsMax) };
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
        bool isGone = !await PutAsync(lease).ConfigureAwait(false);
        for (int left = random.Below(6); left > 0 && !isGone && !world.IsQuiet; left--)
        {
            await world.Queue.DelayAsync(random.Between(TimeSpan.Zero, lease.Ttl)).ConfigureAwait(false);
            isGone = !await RenewAsync(lease).ConfigureAwait(false);
        }

        if (!isGone && random.Percent(30))
        {
            await RevokeAsync(lease).ConfigureAwait(false);
            isGone = true;
        }

        // What has ended does not come back; whoever leads now, or takes itself for the leader.
        for (int left = isGone ? random.Below(4) : 0; left > 0 && !world.IsQuiet; left--)
        {
            await world.Queue.DelayAsync(random.Between(TimeSpan.Zero, random.Pick([TimeSpan.FromMilliseconds(5), lease.Ttl / 4]))).ConfigureAwait(false);
            await RenewAsync(lease).ConfigureAwait(false);
        }
    }

    /// <summary>Hangs the key on the lease.</summary>
    /// <returns><see langword="false"/> when the lease is gone.</returns>
    private async Task<bool> PutAsync(LeaseRecord lease)
    {
        var put = new PutRequest
        {
            Key = ByteString.CopyFromUtf8(lease.Key),
            Value = Keys.Value(world.NextValue(), world.Scenario.ValueBytes),
            Lease = lease.Id,
        };
        ClientReply<PutResponse> reply = await world.Connections
            .CallAsync(world.AnyMachine(random), server => server.KeyValues.PutAsync(put), Patience)
            .ConfigureAwait(false);
        lease.KeyRevision = reply.Value?.Header.Revision ?? 0;
        return !NoteGone(lease, reply.Error == EtcdErrorCode.LeaseNotFound);
    }

    private async Task RevokeAsync(LeaseRecord lease)
    {
        lease.RevokeSentTicks = world.Queue.NowTicks;
        var revoke = new LeaseRevokeRequest { ID = lease.Id };
        ClientReply<LeaseRevokeResponse> reply = await world.Connections
            .CallAsync(world.AnyMachine(random), server => server.Leases.RevokeAsync(revoke), Patience)
            .ConfigureAwait(false);
        if (reply.Value is not null)
        {
            lease.RevokedTicks = world.Queue.NowTicks;
        }

        NoteGone(lease, reply.Error == EtcdErrorCode.LeaseNotFound);
    }

    /// <summary>Keeps a lease alive.</summary>
    /// <returns><see langword="false"/> when it is gone.</returns>
    private async Task<bool> RenewAsync(LeaseRecord lease)
    {
        long sent = world.Queue.NowTicks;
        ClientReply<LeaseKeepAliveResponse> reply = await world.Connections
            .CallAsync(world.AnyMachine(random), server => world.Scenario.Bug.RenewAsync(server, lease.Id), Patience)
            .ConfigureAwait(false);
        if (reply.Value is { TTL: > 0 } renewed)
        {
            lease.RenewedTicks.Add(sent);
            if (renewed.TTL != (long)lease.Ttl.TotalSeconds)
            {
                throw new SimulationFailedException($"{lease}: a keep-alive promised {renewed.TTL} s");
            }
        }

        return !NoteGone(lease, reply.Value is { TTL: 0 });
    }

    private bool NoteGone(LeaseRecord lease, bool isGone)
    {
        if (isGone)
        {
            lease.GoneTicks.Add(world.Queue.NowTicks);
        }

        return isGone;
    }
}
