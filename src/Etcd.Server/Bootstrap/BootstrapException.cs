namespace Etcd.Server.Bootstrap;

/// <summary>The member cannot start on what it found. The message is the one line an operator sees; nothing was changed on disk.</summary>
public sealed class BootstrapException : Exception
{
    /// <summary>Creates the exception.</summary>
    public BootstrapException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
