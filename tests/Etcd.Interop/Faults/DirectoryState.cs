using System.Security.Cryptography;

namespace Etcd.Interop.Faults;

/// <summary>Names and contents of all files below a directory, to show that nothing was rewritten.</summary>
internal static class DirectoryState
{
    public static IReadOnlyList<string> Of(string directory) =>
        [.. Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .Select(file => $"{Path.GetRelativePath(directory, file)} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))}")];
}
