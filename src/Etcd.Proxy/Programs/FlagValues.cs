using System.CommandLine;

using Etcd.Hosting.Settings;

namespace Etcd.Proxy.Programs;

/// <summary>Flags in etcd's forms: one or two dashes lead a name, lists stand between commas, durations are Go's.</summary>
internal static class FlagValues
{
    /// <summary>A flag with a text.</summary>
    internal static Option<string> Text(string name, string fallback, string description) =>
        new($"--{name}") { Description = description, DefaultValueFactory = _ => fallback };

    /// <summary>A flag that is on or off.</summary>
    internal static Option<bool> Switch(string name, string description) => new($"--{name}") { Description = description };

    /// <summary>A flag that is on unless it is switched off.</summary>
    internal static Option<bool> SwitchOff(string name, string description) =>
        new($"--{name}") { Description = description, DefaultValueFactory = _ => true };

    /// <summary>A flag with a whole number.</summary>
    internal static Option<T> Number<T>(string name, T fallback, string description)
        where T : struct => new($"--{name}") { Description = description, DefaultValueFactory = _ => fallback };

    /// <summary>A flag with a duration.</summary>
    internal static Option<TimeSpan> Duration(string name, string fallback, string description) => new($"--{name}")
    {
        Description = $"{description} (default {fallback})",
        CustomParser = result =>
        {
            if (GoDuration.TryParse(result.Tokens[0].Value, out TimeSpan duration))
            {
                return duration;
            }

            result.AddError($"invalid argument \"{result.Tokens[0].Value}\" for \"--{name}\" flag: invalid duration");
            return TimeSpan.Zero;
        },
        DefaultValueFactory = _ => GoDuration.TryParse(fallback, out TimeSpan duration) ? duration : TimeSpan.Zero,
    };

    /// <summary>The items of a list.</summary>
    internal static string[] Items(string? list) =>
        (list ?? string.Empty).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
