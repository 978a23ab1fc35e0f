using System.Collections.Concurrent;
using System.Text;

namespace Etcd.Hosting.Logging;

/// <summary>Turns the names of C# into those of etcd's log lines.</summary>
internal static class FieldNames
{
    private static readonly ConcurrentDictionary<string, string> Facts = new(StringComparer.Ordinal);

    /// <summary><c>localMemberId</c> becomes <c>local-member-id</c>.</summary>
    internal static string Fact(string name) => Facts.GetOrAdd(name, ToKebabCase);

    /// <summary><c>Etcd.Server.Consensus.RaftLoop</c> becomes <c>consensus/RaftLoop</c>.</summary>
    internal static string Component(string category)
    {
        string[] parts = category.Split('.');
        return parts.Length < 2 ? category : $"{parts[^2].ToLowerInvariant()}/{parts[^1]}";
    }

    private static string ToKebabCase(string name)
    {
        var text = new StringBuilder(name.Length + 8);
        foreach (char letter in name)
        {
            if (char.IsUpper(letter) && text.Length > 0)
            {
                text.Append('-');
            }

            text.Append(char.ToLowerInvariant(letter));
        }

        return text.ToString();
    }
}
