namespace Etcd.Hosting.Settings;

/// <summary>The settings are unusable. The message is the one line an operator sees.</summary>
public sealed class SettingsException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">The one line.</param>
    /// <param name="isUsageError">Whether the command line itself is malformed (exit code 2 and the usage text) rather than the values
    /// unfit (exit code 1).</param>
    public SettingsException(string message, bool isUsageError = false)
        : base(message)
    {
        IsUsageError = isUsageError;
    }

    /// <summary>Whether the command line itself is malformed.</summary>
    public bool IsUsageError { get; }
}
