namespace Etcd.Hosting.Settings;

/// <summary>One setting: the only place that knows its name, default, form and meaning. The command line, the environment and the help
/// text all read it here.</summary>
/// <param name="Group">Heading it stands under in the help text.</param>
/// <param name="Name">Name of the flag, without dashes.</param>
/// <param name="DefaultText">Default as the help text shows it.</param>
/// <param name="Description">What it does, one line.</param>
/// <param name="IsSwitch">Whether the flag may stand without a value, meaning <c>true</c>.</param>
/// <param name="Parse">Reads a text into the settings.</param>
public sealed record Setting(
    string Group,
    string Name,
    string DefaultText,
    string Description,
    bool IsSwitch,
    Action<MemberSettings, string> Parse)
{
    /// <summary>Name of the environment variable that sets it.</summary>
    public string EnvironmentVariable { get; } = "ETCD_" + Name.ToUpperInvariant().Replace('-', '_');
}
