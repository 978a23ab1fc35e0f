namespace Etcd.Hosting.Settings;

/// <summary>Checks that the settings of the log fit together.</summary>
internal static class LogSettings
{
    private const string Default = "default";
    private const string Journal = "systemd/journal";

    private static readonly string[] NoFiles = [Default, "stderr", "stdout", Journal];

    internal static void Complete(MemberSettings settings)
    {
        IReadOnlyList<string> outputs = settings.LogOutputs;
        if (outputs.Count > 1 && outputs.Contains(Default, StringComparer.Ordinal))
        {
            throw new SettingsException("multi logoutput for \"default\" is not supported yet");
        }

        if (outputs.Count > 1 && outputs.Contains(Journal, StringComparer.Ordinal))
        {
            string others = string.Join(' ', outputs.Order(StringComparer.Ordinal).Select(output => $"\"{output}\""));
            throw new SettingsException(
                $"running with systemd/journal but other '--log-outputs' values ([{others}]) are configured with 'default'; "
                + "override 'default' value with something else");
        }

        if (!settings.EnableLogRotation)
        {
            return;
        }

        if (outputs.Count(output => !NoFiles.Contains(output, StringComparer.Ordinal)) != 1)
        {
            throw new SettingsException("--log-outputs requires a single file path when --log-rotate-config-json is defined");
        }

        settings.LogRotation = LogRotationJson.Read(settings.LogRotationText);
    }
}
