using System.Globalization;

using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Etcd.Hosting.Settings;

/// <summary>Reads the configuration file: YAML, of which JSON is a part. Its keys are those of <see cref="SettingsTable"/>.</summary>
internal sealed class ConfigurationFile
{
    private static readonly Dictionary<string, Setting> ByKey =
        SettingsTable.All.ToDictionary(setting => setting.FileKey, StringComparer.Ordinal);

    private static readonly HashSet<string> Sections = SectionsOf(ByKey.Keys);

    private readonly string _path;
    private readonly MemberSettings _settings;

    private ConfigurationFile(string path, MemberSettings settings)
    {
        _path = path;
        _settings = settings;
    }

    /// <summary>Reads a file into the settings.</summary>
    /// <exception cref="SettingsException">The file cannot be read, is no YAML, or has a value that does not fit; with file and line.</exception>
    public static void Read(string path, MemberSettings settings)
    {
        var file = new ConfigurationFile(path, settings);
        if (BoundedYaml.Load(path) is { } root && !IsEmpty(root))
        {
            file.ReadSection(root as YamlMappingNode ?? throw file.Fault(root, "the file must be a map of settings"), string.Empty);
        }
    }

    private void ReadSection(YamlMappingNode map, string prefix)
    {
        foreach ((YamlNode keyNode, YamlNode value) in map.Children)
        {
            string key = prefix + (keyNode as YamlScalarNode)?.Value;
            if (Sections.Contains(key))
            {
                if (!IsEmpty(value))
                {
                    ReadSection(value as YamlMappingNode ?? throw Fault(value, $"{key}: must be a map"), $"{key}.");
                }
            }
            else if (!ByKey.TryGetValue(key, out Setting? setting))
            {
                _settings.Warnings.Add($"unknown key \"{key}\" in {_path}:{keyNode.Start.Line} is ignored");
            }
            else if (!IsEmpty(value))
            {
                Apply(setting, value);
            }
        }
    }

    private void Apply(Setting setting, YamlNode value)
    {
        string text = ValueOf(setting, value);
        try
        {
            setting.Parse(_settings, text);
        }
        catch (FormatException failure)
        {
            throw Fault(value, $"invalid value \"{text}\" for {setting.FileKey}: {failure.Message}");
        }
        catch (SettingsException failure)
        {
            throw Fault(value, failure.Message);
        }
    }

    /// <summary>The value as the command line has it.</summary>
    private string ValueOf(Setting setting, YamlNode value)
    {
        if (setting.Form == SettingForm.Texts && value is YamlSequenceNode list)
        {
            return string.Join(',', list.Select(item => ScalarOf(setting, item).Value));
        }

        YamlScalarNode scalar = ScalarOf(setting, value);
        string text = scalar.Value ?? string.Empty;
        bool isQuoted = scalar.Style != ScalarStyle.Plain;
        switch (setting.Form)
        {
            case SettingForm.Switch when isQuoted || !IsBoolean(text, out text):
                throw Fault(value, $"{setting.FileKey}: must be true or false");
            case SettingForm.Number when isQuoted:
                throw Fault(value, $"{setting.FileKey}: must be a number without quotes");
            case SettingForm.Duration when !isQuoted && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _):
                return $"{text}ns";
            default:
                return text;
        }
    }

    private YamlScalarNode ScalarOf(Setting setting, YamlNode value) =>
        value as YamlScalarNode ?? throw Fault(value, $"{setting.FileKey}: {(setting.Form == SettingForm.Texts
            ? "must be a list of texts"
            : "must be one value, not a list or a map")}");

    // YAML 1.1 has more words for it than JSON.
    private static bool IsBoolean(string word, out string text)
    {
        text = word.ToLowerInvariant() switch
        {
            "true" or "yes" or "on" => "true",
            "false" or "no" or "off" => "false",
            _ => string.Empty,
        };
        return text.Length > 0;
    }

    // A key without a value is a setting that is not given, as the sample file of etcd has many.
    private static bool IsEmpty(YamlNode value) =>
        value is YamlScalarNode { Value: null or "" } or YamlScalarNode { Style: ScalarStyle.Plain, Value: "~" or "null" or "Null" or "NULL" };

    private SettingsException Fault(YamlNode where, string what) => new($"{_path}:{where.Start.Line}: {what}");

    private static HashSet<string> SectionsOf(IEnumerable<string> keys)
    {
        var sections = new HashSet<string>(StringComparer.Ordinal);
        foreach (string key in keys)
        {
            for (int dot = key.IndexOf('.', StringComparison.Ordinal); dot > 0; dot = key.IndexOf('.', dot + 1))
            {
                sections.Add(key[..dot]);
            }
        }

        return sections;
    }
}
