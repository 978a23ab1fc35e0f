using System.Globalization;
using System.Text;

using Etcd.Api.Limits.Rates;
using Etcd.Hosting.Settings;
using Etcd.Server.Limits.Prefixes;

using YamlDotNet.RepresentationModel;

namespace Etcd.Hosting.Limits;

/// <summary>Reads a file of limits (<c>--limits-file</c>): YAML or JSON. Unlike a configuration file it may not have keys that nobody knows: a
/// limit that does not count because of a slip of the pen is found out too late.</summary>
internal sealed class LimitsReader
{
    private const string UserKey = "user:";
    private const string RoleKey = "role:";
    private const string DefaultKey = "default";
    private const int EntriesMax = 10_000;

    private readonly string _path;

    private LimitsReader(string path) => _path = path;

    /// <summary>Reads a file.</summary>
    /// <exception cref="SettingsException">The file cannot be read or does not fit; with file and line.</exception>
    internal static LimitsDocument Read(string path)
    {
        var reader = new LimitsReader(path);
        return BoundedYaml.Load(path) is { } root && !IsEmpty(root) ? reader.ReadRoot(root) : new LimitsDocument(RateLimits.None, []);
    }

    private LimitsDocument ReadRoot(YamlNode root)
    {
        RateLimits rates = RateLimits.None;
        List<PrefixQuota> quotas = [];
        foreach ((string key, YamlNode keyNode, YamlNode value) in EntriesOf(root, "the file"))
        {
            switch (key)
            {
                case "rates":
                    rates = IsEmpty(value) ? RateLimits.None : ReadRates(value);
                    break;
                case "quotas":
                    quotas = IsEmpty(value) ? [] : ReadQuotas(value);
                    break;
                default:
                    throw Fault(keyNode, $"unknown key \"{key}\": there are rates and quotas");
            }
        }

        return new LimitsDocument(rates, quotas);
    }

    private RateLimits ReadRates(YamlNode node)
    {
        var users = new Dictionary<string, Rate>(StringComparer.Ordinal);
        var roles = new Dictionary<string, Rate>(StringComparer.Ordinal);
        Rate? byDefault = null;
        foreach ((string key, YamlNode keyNode, YamlNode value) in EntriesOf(node, "rates"))
        {
            Rate rate = ReadRate(key, value);
            if (key == DefaultKey)
            {
                byDefault = rate;
            }
            else if (key.StartsWith(UserKey, StringComparison.Ordinal) && key.Length > UserKey.Length)
            {
                users.Add(key[UserKey.Length..], rate);
            }
            else if (key.StartsWith(RoleKey, StringComparison.Ordinal) && key.Length > RoleKey.Length)
            {
                roles.Add(key[RoleKey.Length..], rate);
            }
            else
            {
                throw Fault(keyNode, $"rates: \"{key}\" is neither user:NAME nor role:NAME nor default");
            }
        }

        return new RateLimits(users, roles, byDefault);
    }

    private Rate ReadRate(string whose, YamlNode node)
    {
        double requests = 0;
        double requestsBurst = 0;
        double bytes = 0;
        double bytesBurst = 0;
        foreach ((string key, YamlNode keyNode, YamlNode value) in EntriesOf(node, whose))
        {
            switch (key)
            {
                case "requests-per-second":
                    requests = NumberOf(key, value);
                    break;
                case "requests-burst":
                    requestsBurst = NumberOf(key, value);
                    break;
                case "bytes-per-second":
                    bytes = NumberOf(key, value);
                    break;
                case "bytes-burst":
                    bytesBurst = NumberOf(key, value);
                    break;
                default:
                    throw Fault(keyNode, $"{whose}: unknown key \"{key}\"");
            }
        }

        if (requests == 0 && bytes == 0)
        {
            throw Fault(node, $"{whose}: give requests-per-second or bytes-per-second");
        }

        // Without a burst of its own, what a second gives may come at once; less than one request would let none through.
        return new Rate(
            requests, Math.Max(1, requestsBurst > 0 ? requestsBurst : requests), bytes, Math.Max(1, bytesBurst > 0 ? bytesBurst : bytes));
    }

    private List<PrefixQuota> ReadQuotas(YamlNode node)
    {
        var quotas = new List<PrefixQuota>();
        foreach ((string prefix, YamlNode keyNode, YamlNode value) in EntriesOf(node, "quotas"))
        {
            if (prefix.Length == 0)
            {
                throw Fault(keyNode, "quotas: a prefix is empty; --quota-backend-bytes bounds all keys");
            }

            long keys = 0;
            long bytes = 0;
            foreach ((string key, YamlNode limitNode, YamlNode limit) in EntriesOf(value, prefix))
            {
                switch (key)
                {
                    case "max-keys":
                        keys = (long)NumberOf(key, limit);
                        break;
                    case "max-bytes":
                        bytes = (long)NumberOf(key, limit);
                        break;
                    default:
                        throw Fault(limitNode, $"{prefix}: unknown key \"{key}\"");
                }
            }

            if (keys == 0 && bytes == 0)
            {
                throw Fault(value, $"{prefix}: give max-keys or max-bytes");
            }

            quotas.Add(new PrefixQuota(Encoding.UTF8.GetBytes(prefix), keys, bytes));
        }

        return quotas;
    }

    private IEnumerable<(string Key, YamlNode KeyNode, YamlNode Value)> EntriesOf(YamlNode node, string what)
    {
        YamlMappingNode map = node as YamlMappingNode ?? throw Fault(node, $"{what} must be a map");
        if (map.Children.Count > EntriesMax)
        {
            throw Fault(node, $"{what}: more than {EntriesMax} entries");
        }

        foreach ((YamlNode key, YamlNode value) in map.Children)
        {
            yield return ((key as YamlScalarNode)?.Value ?? throw Fault(key, $"{what}: a key must be a text"), key, value);
        }
    }

    private double NumberOf(string key, YamlNode node) =>
        node is YamlScalarNode { Value: { } text }
        && double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out double number)
        && number is > 0 and <= 1e15
            ? number
            : throw Fault(node, $"{key}: must be a number above 0");

    private static bool IsEmpty(YamlNode node) => node is YamlScalarNode { Value: null or "" or "~" or "null" };

    private SettingsException Fault(YamlNode where, string what) => new($"{_path}:{where.Start.Line}: {what}");
}
