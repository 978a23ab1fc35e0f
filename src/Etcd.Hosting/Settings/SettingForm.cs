namespace Etcd.Hosting.Settings;

/// <summary>The form of a setting's value: how it stands on the command line and in a configuration file.</summary>
public enum SettingForm
{
    /// <summary>Any text.</summary>
    Text,

    /// <summary><c>true</c> or <c>false</c>; the flag alone means <c>true</c>.</summary>
    Switch,

    /// <summary>A whole number.</summary>
    Number,

    /// <summary>A duration such as <c>1m30s</c>; a number in a configuration file counts nanoseconds.</summary>
    Duration,

    /// <summary>Texts: separated by commas, a list in a configuration file.</summary>
    Texts,
}
