using Etcd.Discovery.Dns;

namespace Etcd.Hosting.Settings;

/// <summary>Puts settings together from the command line and the environment, or from the configuration file alone.</summary>
public static class SettingsReader
{
    // Variables of etcd that are no settings. What ETCD_VERIFY switches on in etcd, checks of its own consistency, is always on here.
    private static readonly string[] OtherVariables = ["ETCD_UNSUPPORTED_ARCH", "ETCD_VERIFY", "ETCD_CLIENT_DEBUG", "ETCD_TEST_BIN", ResolverFile.Variable];

    private static readonly Setting FileSetting = SettingsTable.All.Single(setting => setting.Name == "config-file");

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
            string kind = setting.IsSwitch ? $"boolean value \"{text}\" for" : $"value \"{text}\" for flag";
            Apply(setting, text, settings, value => $"invalid {kind} -{setting.Name}: {value}", isUsageError: true);
        }

        string file = FileOf(settings, environment);
        if (file.Length > 0)
        {
            settings = FromFile(file, given, environment);
        }
        else
        {
            ReadEnvironment(settings, given, environment);
        }

        SettingsValidation.Complete(settings);
        warnings = [.. settings.Warnings];
        return settings;
    }

    private static string FileOf(MemberSettings settings, IReadOnlyDictionary<string, string> environment) =>
        settings.ConfigurationFile.Length > 0
            ? settings.ConfigurationFile
            : environment.GetValueOrDefault(FileSetting.EnvironmentVariable, string.Empty);

    private static MemberSettings FromFile(
        string file, IReadOnlyList<(Setting Setting, string Text)> given, IReadOnlyDictionary<string, string> environment)
    {
        var settings = new MemberSettings { ConfigurationFile = file };
        bool ignoresOthers = given.Any(flag => flag.Setting != FileSetting)
            || SettingsTable.All.Any(setting =>
                setting != FileSetting && environment.GetValueOrDefault(setting.EnvironmentVariable, string.Empty).Length > 0);
        if (ignoresOthers)
        {
            settings.Warnings.Add(
                "loaded server configuration, other configuration command line flags and environment variables are ignored: " + file);
        }

        ConfigurationFile.Read(file, settings);
        return settings;
    }

    private static void ReadEnvironment(
        MemberSettings settings,
        IReadOnlyList<(Setting Setting, string Text)> given,
        IReadOnlyDictionary<string, string> environment)
    {
        var known = new HashSet<string>(OtherVariables, StringComparer.Ordinal);
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
