namespace Etcd.Hosting.Discovery;

/// <summary>A place where members of a cluster to be leave their addresses, found by a token that all of them have.</summary>
internal interface IDiscoveryService
{
    /// <summary>Where it is, as log lines name it.</summary>
    string Address { get; }

    /// <summary>Reads how many members the cluster will have.</summary>
    /// <returns>The text of the number; <see langword="null"/> where there is no such token.</returns>
    /// <exception cref="IOException">The service does not answer; it may, asked again.</exception>
    /// <exception cref="FormatException">It is no discovery service.</exception>
    Task<string?> ReadSizeAsync(CancellationToken cancellationToken);

    /// <summary>Lists who has registered, first come first.</summary>
    /// <exception cref="IOException">The service does not answer; it may, asked again.</exception>
    /// <exception cref="FormatException">It is no discovery service.</exception>
    Task<Registrations> ListAsync(CancellationToken cancellationToken);

    /// <summary>Registers a member.</summary>
    /// <returns>Whether it was not there before.</returns>
    /// <exception cref="IOException">The service does not answer; it may, asked again.</exception>
    Task<bool> RegisterAsync(string id, string value, CancellationToken cancellationToken);

    /// <summary>Waits for a registration after those of a list, some time at most.</summary>
    /// <exception cref="IOException">The service does not answer.</exception>
    Task WaitAsync(Registrations known, CancellationToken cancellationToken);
}
