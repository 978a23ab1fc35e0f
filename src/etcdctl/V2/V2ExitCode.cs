namespace Etcdctl.V2;

/// <summary>Exit codes of the commands of the v2 API; scripts depend on the numbers.</summary>
internal static class V2ExitCode
{
    /// <summary>Arguments are missing or cannot be read.</summary>
    public const int BadArguments = 1;

    /// <summary>No member could be reached.</summary>
    public const int BadConnection = 2;

    /// <summary>There is no such command.</summary>
    public const int NoSuchCommand = 3;

    /// <summary>The server refused.</summary>
    public const int ServerError = 4;

    /// <summary>Some member is not healthy.</summary>
    public const int ClusterNotHealthy = 5;
}
