using System.CommandLine;

namespace Etcd.Proxy.Programs;

/// <summary>Flags of etcd's proxy for what this one does not do: known, and refused with the reason.</summary>
internal static class UnavailableFlags
{
    private static readonly (Option Flag, string Reason)[] All =
    [
        (FlagValues.Text("experimental-leasing-prefix", "", "not available"), "reads are not served from leased keys"),
    ];

    internal static void AddTo(Command command)
    {
        foreach ((Option flag, _) in All)
        {
            command.Add(flag);
        }
    }

    /// <summary>Stops at a flag that asks for something.</summary>
    /// <exception cref="FormatException">There is one; the text says why.</exception>
    internal static void Refuse(ParseResult parsed)
    {
        foreach ((Option flag, string reason) in All)
        {
            if (parsed.GetResult(flag) is { Implicit: false })
            {
                throw new FormatException($"{flag.Name} is not available: {reason}");
            }
        }
    }
}
