using System.Globalization;

using Etcd.Hosting.Settings;
using Etcd.Server.Bootstrap;

namespace Etcd.Hosting.Discovery;

/// <summary>Registers this member at a discovery service and waits until as many have come as the cluster is to have.</summary>
internal sealed class DiscoveryRendezvous(IDiscoveryService service, TimeProvider time, DiscoveryLog log)
{
    private const int BackoffExponentMax = 8;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly IDiscoveryService _service = service;
    private readonly TimeProvider _time = time;
    private readonly DiscoveryLog _log = log;
    private int _failures;

    /// <summary>Joins.</summary>
    /// <param name="id">Id of this member.</param>
    /// <param name="value">Its addresses, <c>name=url,name=url</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The members, in the form of <c>--initial-cluster</c>.</returns>
    /// <exception cref="BootstrapException">It cannot; the text is etcd's.</exception>
    internal async Task<string> JoinAsync(string id, string value, CancellationToken cancellationToken)
    {
        // A full cluster is not told of one more.
        await CheckAsync(id, cancellationToken);
        if (!await RegisterAsync(id, value, cancellationToken))
        {
            _log.AlreadyRegistered(_service.Address, id);
            throw Failed("found duplicate id");
        }

        (Registrations registered, int size) = await CheckAsync(id, cancellationToken);
        HashSet<string> announced = [];
        Announce(registered, id, announced);
        while (registered.Members.Count < size)
        {
            _log.WaitingForPeers(_service.Address, registered.Members.Count, size - registered.Members.Count);
            int before = registered.Members.Count;
            await WaitAsync(registered, cancellationToken);
            (registered, size) = await CheckAsync(id, cancellationToken);
            Announce(registered, id, announced);
            if (registered.Members.Count == before)
            {
                // A service that cannot wait, or says so, is not asked without end.
                await Task.Delay(Pause, _time, cancellationToken);
            }
        }

        _log.FoundAllPeers(_service.Address);
        return Checked([.. registered.Members.Take(size).Select(member => member.Value)]);
    }

    // A registration that was not answered may have been made: then it is there at the next attempt, and is ours.
    private async Task<bool> RegisterAsync(string id, string value, CancellationToken cancellationToken)
    {
        bool isFirst = true;
        bool isNew = await RetryAsync("register member", async () =>
        {
            bool mayBeOurs = !isFirst;
            isFirst = false;
            return await _service.RegisterAsync(id, value, cancellationToken)
                || (mayBeOurs && (await _service.ListAsync(cancellationToken)).Members.Contains((id, value)));
        }, cancellationToken);
        return isNew;
    }

    private async Task<(Registrations Registered, int Size)> CheckAsync(string id, CancellationToken cancellationToken)
    {
        string text = await RetryAsync("cluster status check", () => _service.ReadSizeAsync(cancellationToken), cancellationToken)
            ?? throw Failed("size key not found");
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int size) || size == 0)
        {
            throw Failed("size key is bad");
        }

        Registrations registered = await RetryAsync("cluster status check", () => _service.ListAsync(cancellationToken), cancellationToken);
        return registered.Members.Count >= size && registered.Members.Take(size).All(member => member.Id != id)
            ? throw Failed("cluster is full")
            : (registered, size);
    }

    private async Task WaitAsync(Registrations known, CancellationToken cancellationToken)
    {
        try
        {
            await _service.WaitAsync(known, cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or FormatException)
        {
            // The list that follows tells whether the service is gone.
            _log.WaitFailed(_service.Address, failure.Message);
        }
    }

    private async Task<T> RetryAsync<T>(string step, Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                T answer = await ask();
                _failures = 0;
                return answer;
            }
            catch (FormatException)
            {
                throw Failed("bad discovery endpoint");
            }
            catch (IOException failure)
            {
                var backoff = TimeSpan.FromSeconds(1 << Math.Min(++_failures, BackoffExponentMax));
                _log.Retrying(_service.Address, step, $"{backoff.TotalSeconds}s", failure.Message);
                await Task.Delay(backoff, _time, cancellationToken);
            }
        }
    }

    private void Announce(Registrations registered, string id, HashSet<string> announced)
    {
        foreach ((string member, _) in registered.Members.Where(member => announced.Add(member.Id)))
        {
            _log.FoundPeer(_service.Address, member == id ? "self" : "peer", member);
        }
    }

    // What others have written there may be anything.
    private static string Checked(IReadOnlyList<string> values)
    {
        string text = string.Join(',', values);
        try
        {
            IReadOnlyDictionary<string, IReadOnlyList<string>> members = InitialClusterText.Read(text);
            if (members.Values.SelectMany(urls => urls).Any(url => !IsPeerUrl(url)))
            {
                throw Failed("invalid peer URL");
            }

            return members.Count == values.Count ? text : throw Failed("found duplicate name");
        }
        catch (SettingsException)
        {
            throw Failed("invalid peer URL");
        }
    }

    private static bool IsPeerUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https" && url.PathAndQuery == "/";

    private static BootstrapException Failed(string reason) => new($"failed to join discovery cluster (discovery: {reason})");
}
