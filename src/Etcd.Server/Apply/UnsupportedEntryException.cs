namespace Etcd.Server.Apply;

/// <summary>A committed log entry asks for something this release cannot do. Skipping it would make this member differ from the others
/// and lose what was acknowledged, so the member stops.</summary>
public sealed class UnsupportedEntryException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What the entry asks for.</param>
    public UnsupportedEntryException(string message)
        : base(message)
    {
    }
}
