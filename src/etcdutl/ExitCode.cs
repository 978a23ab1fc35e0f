namespace Etcdutl;

/// <summary>Exit codes of etcd's tools.</summary>
internal enum ExitCode
{
    Success = 0,

    /// <summary>The work failed.</summary>
    Error = 1,

    /// <summary>The command does not offer what was asked of it, such as an output format.</summary>
    BadFeature = 4,

    /// <summary>Arguments that do not fit the command.</summary>
    BadArguments = 128,
}
