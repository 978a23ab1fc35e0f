namespace Etcd.Hosting.Settings;

/// <summary>Puts settings together from the command line and the environment.</summary>
public static class SettingsReader
{
    /// <summary>Reads and checks the settings.</summary>
    /// <param name="arguments">The program's arguments.</param>
    /// <param name="environment">The process's environment.</param>
    /// <param name="warnings">Lines an operator should see although the settings are usable.</param>
    /// <exception cref="SettingsException">The settings are unusable.</exception>
    public static MemberSettings Read(
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string> environment,
        out IReadOnlyList<string> warnings)
    {
        var settings = new MemberSettings();
        IReadOnlyList<(Setting Setting, string Text)> given = CommandLine.Read(arguments);
        foreach ((Setting setting, string text) in given)
        {
            Apply(setting, text, settings, value => $"invalid value \"{text}\" for flag -{setting.Name}: {value}", isUsageError: true);
        }

        ReadEnvironment(settings, given, environment);
        SettingsValidation.Complete(settings);
        warnings = [.. settings.Warnings];
        return settings;
    }

    private static void ReadEnvironment(
        MemberSettings settings,
        IReadOnlyList<(Setting Setting, string Text)> given,
        IReadOnlyDictionary<string, string> environment)
    {
        var known = new HashSet<string>(StringComparer.Ordinal) { "ETCD_UNSUPPORTED_ARCH", "ETCD_TEST_BIN" };
        foreach (Setting setting in SettingsTable.All)
        {
            known.Add(setting.EnvironmentVariable);
            if (!environment.TryGetValue(setting.EnvironmentVariable, out string? text) || text.Length == 0)
            {
                continue;
            }

            if (given.Any(flag => flag.Setting == setting))
            {
                throw new SettingsException(
                    $"conflicting environment variable \"{setting.EnvironmentVariable}\" is shadowed by corresponding command-line flag "
                    + "(either unset environment variable or disable flag)");
            }

            Apply(
                setting, text, settings, value => $"invalid value \"{text}\" for {setting.EnvironmentVariable}: {value}", isUsageError: false);
        }

        foreach (string name in environment.Keys.Where(name => name.StartsWith("ETCD_", StringComparison.Ordinal) && !known.Contains(name)))
        {
            settings.Warnings.Add($"unrecognized environment variable {name}");
        }
    }

    private static void Apply(
        Setting setting, string text, MemberSettings settings, Func<string, string> describe, bool isUsageError)
    {
        try
        {
            setting.Parse(settings, text);
        }
        catch (FormatException failure)
        {
            throw new SettingsException(describe(failure.Message), isUsageError);
        }
    }
}
