namespace Etcdctl;

/// <summary>The variable with which older scripts choose between the two generations of etcdctl.</summary>
internal static class ApiVersion
{
    /// <summary>Accepts what means this generation.</summary>
    /// <exception cref="CommandFailedException">Another generation is asked for.</exception>
    public static void Check()
    {
        string? version = Environment.GetEnvironmentVariable("ETCDCTL_API");
        if (!string.IsNullOrEmpty(version) && version != "3")
        {
            throw new CommandFailedException(ExitCode.Error, "unsupported API version: " + version);
        }
    }
}
