using Etcd.Hosting.Discovery;

namespace Etcd.Hosting.Tests.Discovery;

/// <summary>A discovery service in memory that fails and lies as a test tells it to.</summary>
internal sealed class ScriptedDiscovery : IDiscoveryService
{
    private readonly List<(string Id, string Value)> _members = [];

    public string Address => "http://service";

    public string? Size { get; set; } = "3";

    /// <summary>Called before each answer; may throw.</summary>
    public Action? Before { get; set; }

    /// <summary>Who comes while somebody waits.</summary>
    public Queue<(string Id, string Value)> Coming { get; } = [];

    public IReadOnlyList<(string Id, string Value)> Members => _members;

    public void Add(string id, string value) => _members.Add((id, value));

    public Task<string?> ReadSizeAsync(CancellationToken cancellationToken) => Answer(() => Size);

    public Task<Registrations> ListAsync(CancellationToken cancellationToken) => Answer(() => new Registrations([.. _members], _members.Count));

    public Task<bool> RegisterAsync(string id, string value, CancellationToken cancellationToken) => Answer(() =>
    {
        bool isNew = _members.TrueForAll(member => member.Id != id);
        if (isNew)
        {
            Add(id, value);
        }

        return isNew;
    });

    public Task WaitAsync(Registrations known, CancellationToken cancellationToken) => Answer(() =>
    {
        (string id, string value) = Coming.Dequeue();
        Add(id, value);
        return true;
    });

    private Task<T> Answer<T>(Func<T> answer)
    {
        try
        {
            Before?.Invoke();
            return Task.FromResult(answer());
        }
        catch (Exception failure) when (failure is IOException or FormatException)
        {
            return Task.FromException<T>(failure);
        }
    }
}
