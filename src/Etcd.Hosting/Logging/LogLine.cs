using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Logging;

/// <summary>What a log line says.</summary>
/// <param name="Level">How serious it is.</param>
/// <param name="Stamp">When it was logged, UTC.</param>
/// <param name="Caller">Which part of the program says it.</param>
/// <param name="Message">The text people search for.</param>
/// <param name="Facts">Names and values beside it, in order.</param>
internal readonly record struct LogLine(
    LogLevel Level, DateTime Stamp, string Caller, string Message, IReadOnlyList<KeyValuePair<string, object?>> Facts)
{
    /// <summary>zap's name of the level, as etcd prints it.</summary>
    internal string LevelName => NameOf(Level);

    /// <summary>The time as etcd prints it.</summary>
    internal const string StampFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    /// <summary>zap's name of a level.</summary>
    internal static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "fatal",
    };
}
