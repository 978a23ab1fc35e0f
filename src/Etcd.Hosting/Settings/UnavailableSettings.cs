namespace Etcd.Hosting.Settings;

/// <summary>Settings of etcd for what this release does not do. Each is taken at the values that ask for nothing, so that complete unit
/// files and scripts start. Any other value is refused with the reason where an operator would count on its effect, and answered with a warning
/// where nothing is lost without it; none is ignored in silence.</summary>
internal static class UnavailableSettings
{
    private const string Group = "Not in this release";

    private const string NoProxy = "there is no v2 proxy";

    internal static IReadOnlyList<Setting> All { get; } =
    [
        Warned(SettingForm.Text, "log-package-levels", "there is one level for the whole program: --log-level", ""),
        Warned(SettingForm.Switch, "next-cluster-version-compatible", "it belongs to the last releases of 3.4", "false"),
        OneOf(
            Warned(SettingForm.Text, "v2-deprecation", "the v2 API stays until --enable-v2=false", "not-yet", "write-only"),
            text => $"invalid value \"{text}\"", "not-yet", "write-only", "write-only-drop-data", "gone"),
        Warned(SettingForm.Switch, "experimental-txn-mode-write-with-shared-buffer", "transactions have one way to read their own buffer", "true"),
        .. Experimental(Warned(SettingForm.Duration, "downgrade-check-time", "a downgrade ends when it is cancelled", "5s")),

        OneOf(Refused(SettingForm.Text, "proxy", NoProxy, "off"), _ => "invalid value", "off", "readonly", "on"),
        Warned(SettingForm.Number, "proxy-failure-wait", NoProxy, "5000"),
        Warned(SettingForm.Number, "proxy-refresh-interval", NoProxy, "30000"),
        Warned(SettingForm.Number, "proxy-dial-timeout", NoProxy, "1000"),
        Warned(SettingForm.Number, "proxy-write-timeout", NoProxy, "5000"),
        Warned(SettingForm.Number, "proxy-read-timeout", NoProxy, "0"),
        Refused(SettingForm.Text, "experimental-enable-v2v3", "v2 requests are not served from v3 keys", ""),
    ];

    /// <summary>A setting that etcd 3.5 knows under an <c>experimental-</c> name and later releases without.</summary>
    private static IEnumerable<Setting> Experimental(Setting setting) =>
        [setting, setting with { Name = $"experimental-{setting.Name}", Description = $"Earlier name of --{setting.Name}." }];

    /// <summary>A setting whose other values than these etcd does not know either: they are refused in its words.</summary>
    private static Setting OneOf(Setting setting, Func<string, string> refusal, params string[] known) => setting with
    {
        Parse = (settings, text) =>
        {
            if (!known.Contains(text, StringComparer.Ordinal))
            {
                throw new FormatException(refusal(text));
            }

            setting.Parse(settings, text);
        },
    };

    private static Setting Refused(SettingForm form, string name, string reason, params string[] accepted) =>
        new(Group, name, accepted[0], $"Takes {Values(accepted)} only: {reason}.", form, (_, text) =>
        {
            if (!AsksForNothing(form, text, accepted))
            {
                throw new SettingsException($"--{name}={text} is not available: {reason}");
            }
        });

    private static Setting Warned(SettingForm form, string name, string reason, params string[] accepted) =>
        new(Group, name, accepted[0], $"Other values than {Values(accepted)} have no effect: {reason}.", form, (settings, text) =>
        {
            if (!AsksForNothing(form, text, accepted))
            {
                settings.Warnings.Add($"--{name}={text} has no effect: {reason}");
            }
        });

    private static bool AsksForNothing(SettingForm form, string text, string[] accepted) => form switch
    {
        SettingForm.Switch => ValueParsers.Switch(text) == ValueParsers.Switch(accepted[0]),
        SettingForm.Duration => ValueParsers.Duration(text) == ValueParsers.Duration(accepted[0]),
        _ => accepted.Contains(text, StringComparer.Ordinal),
    };

    private static string Values(string[] accepted) =>
        string.Join(" or ", accepted.Select(text => text.Length == 0 ? "nothing" : text));
}
