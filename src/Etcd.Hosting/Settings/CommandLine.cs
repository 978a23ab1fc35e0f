namespace Etcd.Hosting.Settings;

/// <summary>Reads flags in Go's form: <c>-flag value</c>, <c>--flag value</c>, <c>-flag=value</c>; a switch needs no value.</summary>
public static class CommandLine
{
    /// <summary>Flags given, in order: the setting and its text.</summary>
    /// <param name="arguments">The program's arguments.</param>
    /// <exception cref="SettingsException">An unknown flag, a missing value, or an argument that is no flag.</exception>
    public static IReadOnlyList<(Setting Setting, string Text)> Read(IReadOnlyList<string> arguments)
    {
        var given = new List<(Setting, string)>();
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            if (argument == "--" || argument.Length < 2 || argument[0] != '-')
            {
                string? stray = argument == "--" ? arguments.ElementAtOrDefault(i + 1) : argument;
                if (stray is null)
                {
                    break;
                }

                throw new SettingsException($"'{stray}' is not a valid flag");
            }

            string body = argument[(argument[1] == '-' ? 2 : 1)..];
            if (body.Length == 0 || body[0] is '-' or '=')
            {
                throw new SettingsException($"bad flag syntax: {argument}", isUsageError: true);
            }

            int equals = body.IndexOf('=');
            string name = equals < 0 ? body : body[..equals];
            Setting setting = SettingsTable.All.FirstOrDefault(s => s.Name == name)
                ?? throw new SettingsException($"flag provided but not defined: -{name}", isUsageError: true);
            string? text = equals >= 0 ? body[(equals + 1)..] : setting.IsSwitch ? "true" : arguments.ElementAtOrDefault(++i);
            given.Add((setting, text ?? throw new SettingsException($"flag needs an argument: -{name}", isUsageError: true)));
        }

        return given;
    }
}
