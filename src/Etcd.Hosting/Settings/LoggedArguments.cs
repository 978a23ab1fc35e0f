namespace Etcd.Hosting.Settings;

/// <summary>A command line as the log may show it: without secrets.</summary>
internal static class LoggedArguments
{
    private const string Mask = "***";

    /// <summary>The arguments with the values of secret settings replaced, as they may be shown to who operates or reaches the member.</summary>
    internal static IReadOnlyList<string> Of(IReadOnlyList<string> arguments)
    {
        List<string> shown = [];
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            int equals = argument.IndexOf('=', StringComparison.Ordinal);
            string name = (equals < 0 ? argument : argument[..equals]).TrimStart('-');
            if (argument.Length < 2 || argument[0] != '-' || !SettingsTable.All.Any(setting => setting.IsSecret && setting.Name == name))
            {
                shown.Add(argument);
            }
            else if (equals >= 0)
            {
                shown.Add($"{argument[..equals]}={Mask}");
            }
            else
            {
                shown.AddRange([argument, Mask]);
                i++;
            }
        }

        return shown;
    }
}
