using System.Globalization;

namespace Etcd.Testing.Networks;

/// <summary>Hosts on one switch, each a <see cref="NetworkNamespace"/>. What one sends to another can be lost, without a word to either, in one
/// direction or both.</summary>
/// <remarks>Every host knows the hardware addresses of all others for good. To lose what a host sends to another, it is given an address that
/// nobody has: the frames leave and no one takes them, as with a broken cable or switch. No filter of the kernel is needed.</remarks>
public sealed class PartitionableNetwork : IAsyncDisposable
{
    private readonly NetworkNamespace _switch;
    private readonly List<NetworkHost> _hosts = [];

    private PartitionableNetwork(NetworkNamespace hub) => _switch = hub;

    /// <summary>The hosts, in the order of their numbers, from 0.</summary>
    public IReadOnlyList<NetworkHost> Hosts => _hosts;

    private static string AddressOf(int host) => string.Create(CultureInfo.InvariantCulture, $"10.77.0.{host + 1}");

    /// <summary>Makes the switch and its hosts.</summary>
    public static async Task<PartitionableNetwork> CreateAsync(int hosts)
    {
        var network = new PartitionableNetwork(await NetworkNamespace.CreateAsync().ConfigureAwait(false));
        try
        {
            await network._switch.ConfigureAsync("link add hub type bridge", "link set hub up").ConfigureAwait(false);
            for (int host = 0; host < hosts; host++)
            {
                await network.AttachAsync(host, hosts).ConfigureAwait(false);
            }

            return network;
        }
        catch
        {
            await network.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Loses what a host sends to another.</summary>
    public Task CutAsync(int from, int to) => _hosts[from].Namespace.ConfigureAsync(Neighbour(to, isReached: false));

    /// <summary>Loses what two hosts send to each other.</summary>
    public Task CutBothAsync(int one, int other) => Task.WhenAll(CutAsync(one, other), CutAsync(other, one));

    /// <summary>Parts the hosts in two groups that do not reach each other.</summary>
    public Task SplitAsync(params int[] side) => Task.WhenAll(
        from inside in side
        from outside in Enumerable.Range(0, _hosts.Count).Except(side)
        select CutBothAsync(inside, outside));

    /// <summary>Lets everything through again.</summary>
    public Task HealAsync() => Task.WhenAll(_hosts.Select((host, number) => host.Namespace.ConfigureAsync(Neighbours(number, _hosts.Count))));

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (NetworkHost host in _hosts)
        {
            await host.Namespace.DisposeAsync().ConfigureAwait(false);
        }

        await _switch.DisposeAsync().ConfigureAwait(false);
    }

    private async Task AttachAsync(int number, int hosts)
    {
        NetworkNamespace host = await NetworkNamespace.CreateAsync().ConfigureAwait(false);
        _hosts.Add(new NetworkHost(host, AddressOf(number)));
        await _switch.ConfigureAsync(
            $"link add port{number} type veth peer name eth0 netns {host.HolderId}", $"link set port{number} master hub up").ConfigureAwait(false);
        await host.ConfigureAsync(
        [
            $"link set eth0 address {HardwareAddressOf(number)}",
            $"address add {AddressOf(number)}/24 dev eth0",
            "link set eth0 up",
            .. Neighbours(number, hosts),
        ]).ConfigureAwait(false);
    }

    private static IEnumerable<string> Neighbours(int host, int hosts) =>
        Enumerable.Range(0, hosts).Where(other => other != host).Select(other => Neighbour(other, isReached: true));

    private static string Neighbour(int host, bool isReached) =>
        $"neighbour replace {AddressOf(host)} lladdr {(isReached ? HardwareAddressOf(host) : "02:00:00:00:ff:ff")} dev eth0 nud permanent";

    private static string HardwareAddressOf(int host) => string.Create(CultureInfo.InvariantCulture, $"02:00:00:00:00:{host + 1:x2}");
}
