using System.Text;

namespace Etcd.Hosting.Settings;

/// <summary>The usage and help texts of the server program, written from <see cref="SettingsTable"/>.</summary>
public static class HelpText
{
    /// <summary>How the program is called.</summary>
    public const string Usage =
        """
        Usage:

          etcd [flags]
            Start an etcd server.

          etcd --config-file FILE
            Start an etcd server with the settings of a file; all other flags and variables are ignored.

          etcd --version
            Show the version of etcd.

          etcd -h | --help
            Show the help information about etcd.

          etcd gateway
            Run the stateless pass-through etcd TCP connection forwarding proxy.

          etcd grpc-proxy
            Run the stateless etcd v3 gRPC L7 reverse proxy.

        Each flag --NAME can also be given as the environment variable ETCD_NAME, upper case, with '_' for '-'.

        """;

    /// <summary>Usage and every flag with its default and meaning.</summary>
    public static string Full()
    {
        var text = new StringBuilder(Usage);
        foreach (IGrouping<string, Setting> group in SettingsTable.All.GroupBy(setting => setting.Group))
        {
            text.Append('\n').Append(group.Key).Append(":\n");
            foreach (Setting setting in group)
            {
                text.Append($"  --{setting.Name} '{setting.DefaultText}'\n    {setting.Description}\n");
            }
        }

        return text.ToString();
    }
}
