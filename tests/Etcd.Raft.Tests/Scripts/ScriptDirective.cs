using System.Globalization;

namespace Etcd.Raft.Tests.Scripts;

/// <summary>One command of a script with its expected output.</summary>
/// <param name="Line">Line of the command, from 1.</param>
/// <param name="Head">The command line as written.</param>
/// <param name="Input">Lines between the command and the separator.</param>
/// <param name="Expected">The expected output, each line ended.</param>
/// <param name="ExpectedStart">Line index of the first expected line, from 0.</param>
/// <param name="ExpectedCount">Number of expected lines.</param>
internal sealed record ScriptDirective(int Line, string Head, string Input, string Expected, int ExpectedStart, int ExpectedCount)
{
    private readonly List<ScriptArgument> _arguments = ScriptArgument.ParseAll(Head, out _);

    public string Command { get; } = Head.Split(' ', 2)[0];

    /// <summary>All arguments in order.</summary>
    public IReadOnlyList<ScriptArgument> Arguments => _arguments;

    /// <summary>Positional member ids, in order.</summary>
    public IReadOnlyList<ulong> Ids =>
        [.. _arguments.Where(a => a.Values.Count == 0).Select(a => ulong.Parse(a.Key, CultureInfo.InvariantCulture))];

    public bool Has(string key) => _arguments.Exists(a => a.Key == key && a.Values.Count > 0);

    public string? Value(string key) => Values(key) is [string value, ..] ? value : null;

    public IReadOnlyList<string> Values(string key) => _arguments.Find(a => a.Key == key)?.Values ?? [];

    public ulong Number(string key, ulong otherwise = 0) =>
        Value(key) is { } value ? ulong.Parse(value, CultureInfo.InvariantCulture) : otherwise;

    public bool Flag(string key) => Value(key) == "true";
}
