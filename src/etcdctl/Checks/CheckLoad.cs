namespace Etcdctl.Checks;

/// <summary>A size of work that a check can put on a cluster.</summary>
/// <param name="Limit">Puts in a second, or puts in all.</param>
/// <param name="Clients">Clients that share them, each with a connection of its own.</param>
internal readonly record struct CheckLoad(int Limit, int Clients)
{
    /// <summary>The load of a name; the four have short and long names.</summary>
    /// <exception cref="CommandFailedException">There is no such load.</exception>
    public static CheckLoad Choose(string name, CheckLoad small, CheckLoad medium, CheckLoad large, CheckLoad extraLarge) => name switch
    {
        "s" or "small" => small,
        "m" or "medium" => medium,
        "l" or "large" => large,
        "xl" or "xLarge" => extraLarge,
        _ => throw CommandFailedException.Because(ExitCode.BadFeature, "unknown load option " + name),
    };
}
