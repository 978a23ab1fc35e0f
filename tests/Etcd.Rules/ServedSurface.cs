using System.Text.RegularExpressions;

namespace Etcd.Rules;

/// <summary>What the programs answer to, read from the tables in the source: calls, paths, commands.</summary>
internal static partial class ServedSurface
{
    [GeneratedRegex("""(?:ServiceNames\.(?<service>\w+),|(?<auth>\bAdd\(\s*table,))\s*"(?<method>\w+)",""")]
    private static partial Regex Method();

    [GeneratedRegex("""const string (?<name>\w+) = "(?<text>[\w.]+)";""")]
    private static partial Regex ServiceName();

    [GeneratedRegex("""^(?:package (?<package>\w+);|service (?<service>\w+) \{|  rpc (?<method>\w+)\()""", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex("""\("(?<path>/v3/[^"]+)", (?<service>\w+) \+ "(?<method>\w+)"\)""")]
    private static partial Regex GatewayRow();

    [GeneratedRegex("""(?<!StartsWithSegments\()"(?<path>/[a-z][a-z0-9/]*)"(?! \+)""")]
    private static partial Regex PathText();

    [GeneratedRegex("""new Command\("(?<name>[a-z-]+)",""")]
    private static partial Regex ProxyCommand();

    /// <summary>Full names of the calls that the services register.</summary>
    public static SortedSet<string> Calls()
    {
        Dictionary<string, string> services = ServiceName().Matches(SourceTree.ReadText("src/Etcd.Api/ServiceNames.cs"))
            .ToDictionary(match => match.Groups["name"].Value, match => match.Groups["text"].Value, StringComparer.Ordinal);
        return Sorted(
            from file in SourceTree.In("src/Etcd.Api/Services", ".cs")
            from match in Method().Matches(SourceTree.ReadText(file))
            let service = match.Groups["auth"].Success ? "Auth" : match.Groups["service"].Value
            select $"{services[service]}/{match.Groups["method"].Value}");
    }

    /// <summary>Full names of the calls that the <c>.proto</c> files declare.</summary>
    public static SortedSet<string> DeclaredCalls()
    {
        var calls = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string file in SourceTree.In("src/Etcd.Protocol/Messages", ".proto"))
        {
            (string package, string service) = ("", "");
            foreach (Match match in Declaration().Matches(SourceTree.ReadText(file)))
            {
                package = match.Groups["package"].Success ? match.Groups["package"].Value : package;
                service = match.Groups["service"].Success ? match.Groups["service"].Value : service;
                if (match.Groups["method"].Success)
                {
                    calls.Add($"{package}.{service}/{match.Groups["method"].Value}");
                }
            }
        }

        return calls;
    }

    /// <summary>Paths of the JSON gateway.</summary>
    public static SortedSet<string> GatewayPaths() => Sorted(
        GatewayRow().Matches(SourceTree.ReadText("src/Etcd.Api/Gateway/GatewayRoutes.cs")).Select(match => match.Groups["path"].Value));

    /// <summary>Paths of plain HTTP: those of members and those of proxies.</summary>
    public static SortedSet<string> HttpPaths() => Sorted(
        from file in SourceTree.In("src/Etcd.Api/Http", ".cs").Concat(SourceTree.In("src/Etcd.Proxy/Http", ".cs"))
        from match in PathText().Matches(SourceTree.ReadText(file))
        select match.Groups["path"].Value.TrimEnd('/'));

    /// <summary>Commands of <c>etcdctl</c> for the v3 API; groups are left out, what they hold is not.</summary>
    public static SortedSet<string> EtcdctlCommands()
    {
        return Sorted(Below(Etcdctl.CommandTree.Create()));

        static IEnumerable<string> Below(Etcdctl.CommandLine.Command command) => command.Children.Count == 0
            ? [command.Path[(command.Path.IndexOf(' ', StringComparison.Ordinal) + 1)..]]
            : command.Children.SelectMany(Below);
    }

    /// <summary>Commands of <c>etcdctl</c> for the v2 API.</summary>
    public static SortedSet<string> EtcdctlV2Commands() => Sorted(Etcdctl.V2.V2CommandTree.Commands.SelectMany(command =>
        command.Children.Count == 0 ? [command.Name] : command.Children.Select(child => $"{command.Name} {child.Name}")));

    /// <summary>Commands of <c>etcdutl</c>; <c>check</c> is one and has one below it.</summary>
    public static SortedSet<string> EtcdutlCommands()
    {
        return Sorted(Etcdutl.CommandTree.Build().Children.SelectMany(Below));

        static IEnumerable<string> Below(Etcdutl.CommandLine.Command command)
        {
            IEnumerable<string> below = command.Children.SelectMany(Below);
            string words = command.Path[(command.Path.IndexOf(' ', StringComparison.Ordinal) + 1)..];
            return command.Run is null && !command.IsHelp ? below : below.Prepend(words);
        }
    }

    /// <summary>Words of the commands of the <c>etcd</c> program.</summary>
    public static SortedSet<string> EtcdCommandWords() => Sorted(
        from file in SourceTree.In("src/Etcd.Proxy/Programs", ".cs")
        from match in ProxyCommand().Matches(SourceTree.ReadText(file))
        select match.Groups["name"].Value);

    private static SortedSet<string> Sorted(IEnumerable<string> items) => new(items, StringComparer.Ordinal);
}
