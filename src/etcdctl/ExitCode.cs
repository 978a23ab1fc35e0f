namespace Etcdctl;

/// <summary>Exit codes of etcdctl; scripts depend on the numbers.</summary>
internal enum ExitCode
{
    /// <summary>The command did what it was asked.</summary>
    Success = 0,

    /// <summary>The request failed, or the command line could not be read.</summary>
    Error = 1,

    /// <summary>No usable connection.</summary>
    BadConnection = 2,

    /// <summary>Standard input does not hold what the command needs.</summary>
    InvalidInput = 3,

    /// <summary>A flag has a value, or the output format a name, that does not exist.</summary>
    BadFeature = 4,

    /// <summary>A stream ended before the user ended it.</summary>
    Interrupted = 5,

    /// <summary>Wrong number or form of arguments.</summary>
    BadArguments = 128,
}
