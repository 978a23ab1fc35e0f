namespace Etcd.Hosting.Settings;

/// <summary>One setting: the only place that knows its name, default, form and meaning. The command line, the environment, the configuration
/// file, the help text and the reference page all read it here.</summary>
/// <param name="Group">Heading it stands under in the help text.</param>
/// <param name="Name">Name of the flag, without dashes.</param>
/// <param name="DefaultText">Default as the help text shows it.</param>
/// <param name="Description">What it does, one line.</param>
/// <param name="Form">Form of its value.</param>
/// <param name="Parse">Reads a text into the settings. A text that does not fit raises <see cref="FormatException"/>.</param>
public sealed record Setting(
    string Group,
    string Name,
    string DefaultText,
    string Description,
    SettingForm Form,
    Action<MemberSettings, string> Parse)
{
    private readonly string? _fileKey;

    /// <summary>Name of the environment variable that sets it.</summary>
    public string EnvironmentVariable => "ETCD_" + Name.ToUpperInvariant().Replace('-', '_');

    /// <summary>Its key in a configuration file: the name, or <c>section.key</c>.</summary>
    public string FileKey
    {
        get => _fileKey ?? Name;
        init => _fileKey = value;
    }

    /// <summary>Whether its value must not be seen in a log.</summary>
    public bool IsSecret { get; init; }

    /// <summary>Whether the flag may stand without a value, meaning <c>true</c>.</summary>
    public bool IsSwitch => Form == SettingForm.Switch;

    /// <summary>A setting of any text.</summary>
    internal static Setting Text(string group, string name, string defaultText, string description, Action<MemberSettings, string> parse) =>
        new(group, name, defaultText, description, SettingForm.Text, parse);

    /// <summary>A setting that is on or off.</summary>
    internal static Setting Switch(string group, string name, string defaultText, string description, Action<MemberSettings, bool> set) =>
        new(group, name, defaultText, description, SettingForm.Switch, (settings, text) => set(settings, ValueParsers.Switch(text)));

    /// <summary>A setting that is a whole number.</summary>
    internal static Setting Number(string group, string name, string defaultText, string description, Action<MemberSettings, string> parse) =>
        new(group, name, defaultText, description, SettingForm.Number, parse);

    /// <summary>A setting that is a duration.</summary>
    internal static Setting Duration(
        string group, string name, string defaultText, string description, Action<MemberSettings, TimeSpan> set) =>
        new(group, name, defaultText, description, SettingForm.Duration, (settings, text) => set(settings, ValueParsers.Duration(text)));

    /// <summary>A setting that is a list of texts.</summary>
    internal static Setting Texts(
        string group, string name, string defaultText, string description, Action<MemberSettings, IReadOnlyList<string>> set) =>
        new(group, name, defaultText, description, SettingForm.Texts, (settings, text) => set(settings, ValueParsers.List(text)));
}
