using System.Globalization;
using System.Net;

namespace Etcd.Discovery.Dns;

/// <summary>Which name servers to ask, and how patiently: what <c>/etc/resolv.conf</c> says.</summary>
/// <param name="Servers">The servers, in order.</param>
/// <param name="Timeout">How long one of them may take to answer.</param>
/// <param name="Attempts">How often the list is gone through.</param>
public sealed record ResolverFile(IReadOnlyList<IPEndPoint> Servers, TimeSpan Timeout, int Attempts)
{
    /// <summary>Environment variable that names another file than <c>/etc/resolv.conf</c>.</summary>
    public const string Variable = "ETCD_RESOLV_CONF";

    private const string SystemPath = "/etc/resolv.conf";
    private const int Port = 53;
    private const int ServersMax = 3;
    private const int AttemptsMax = 5;
    private const int TimeoutSecondsMax = 30;

    /// <summary>Reads the file of this process.</summary>
    /// <exception cref="IOException">The file that the variable names cannot be read.</exception>
    public static ResolverFile Read()
    {
        string? named = Environment.GetEnvironmentVariable(Variable);
        if (!string.IsNullOrEmpty(named))
        {
            return Parse(File.ReadLines(named));
        }

        return Parse(File.Exists(SystemPath) ? File.ReadLines(SystemPath) : []);
    }

    /// <summary>Reads the lines of such a file. A server may have a port: <c>127.0.0.1:5353</c> or <c>[::1]:5353</c>.</summary>
    /// <param name="lines">The lines.</param>
    public static ResolverFile Parse(IEnumerable<string> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        List<IPEndPoint> servers = [];
        int seconds = 5;
        int attempts = 2;
        foreach (string line in lines)
        {
            string[] words = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words is ["nameserver", string text, ..] && servers.Count < ServersMax && Server(text) is { } server)
            {
                servers.Add(server);
            }
            else if (words is ["options", ..])
            {
                seconds = Option(words, "timeout:", TimeoutSecondsMax) ?? seconds;
                attempts = Option(words, "attempts:", AttemptsMax) ?? attempts;
            }
        }

        // As the system's own resolver does where nothing is said.
        return new ResolverFile(servers.Count > 0 ? servers : [new IPEndPoint(IPAddress.Loopback, Port)], TimeSpan.FromSeconds(seconds), attempts);
    }

    private static IPEndPoint? Server(string text) =>
        !IPEndPoint.TryParse(text, out IPEndPoint? server) ? null
        : server.Port == 0 ? new IPEndPoint(server.Address, Port)
        : server;

    private static int? Option(string[] words, string name, int max)
    {
        string? word = Array.Find(words, word => word.StartsWith(name, StringComparison.Ordinal));
        return word is not null && int.TryParse(word.AsSpan(name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? Math.Clamp(value, 1, max)
            : null;
    }
}
