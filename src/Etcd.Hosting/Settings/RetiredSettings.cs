namespace Etcd.Hosting.Settings;

/// <summary>Flags of etcd's first releases, which every later one still takes and ignores, so that old unit files start.</summary>
internal static class RetiredSettings
{
    internal static IReadOnlyList<Setting> All { get; } =
    [
        Create("cluster-active-size"),
        Create("cluster-remove-delay"),
        Create("cluster-sync-interval"),
        Create("config"),
        Create("force", isSwitch: true),
        Create("max-result-buffer"),
        Create("max-retry-attempts"),
        Create("peer-heartbeat-interval"),
        Create("peer-election-timeout"),
        Create("retry-interval"),
        Create("snapshot", isSwitch: true),
        Create("v", isSwitch: true),
        Create("vv", isSwitch: true),
    ];

    private static Setting Create(string name, bool isSwitch = false) =>
        new("Retired", name, "", "Taken and ignored with a warning.", isSwitch ? SettingForm.Switch : SettingForm.Text,
            (settings, _) => settings.Warnings.Add($"--{name} is no longer supported and is ignored"));
}
