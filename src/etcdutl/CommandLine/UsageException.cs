namespace Etcdutl.CommandLine;

/// <summary>Flags or arguments that do not fit the command: the message is shown with the command's usage.</summary>
internal sealed class UsageException(string message) : Exception(message);
