using System.Runtime.CompilerServices;

namespace Etcd.Testing;

/// <summary>Finds the reference material that lies beside the repository in <c>../shared</c> (fixtures made by real etcd,
/// consensus scripts, the script that fetches real etcd). It is no part of the repository: tests that need it skip
/// with a reason where it is absent.</summary>
public static class SharedMaterial
{
    /// <summary>Why a test that needs the material is skipped.</summary>
    public const string AbsentReason = "the reference material ../shared is not on this machine";

    /// <summary>Root of the repository these tests were built from.</summary>
    public static string RepositoryRoot { get; } = FindRepositoryRoot();

    private static readonly string? Root = FindRoot();

    /// <summary>Whether the material is there. Fits <c>SkipUnless</c> of xunit's attributes.</summary>
    public static bool IsPresent => Root is not null;

    /// <summary>Full path of a file or directory inside the material.</summary>
    /// <exception cref="InvalidOperationException">The material is absent.</exception>
    public static string PathOf(params string[] parts) =>
        Root is null ? throw new InvalidOperationException(AbsentReason) : Path.Combine([Root, .. parts]);

    private static string? FindRoot()
    {
        string? named = Environment.GetEnvironmentVariable("ETCD_SHARED_MATERIAL");
        string[] candidates =
        [
            .. named is null ? [] : new[] { named },
            Path.GetFullPath(Path.Combine(RepositoryRoot, "..", "shared")),
        ];
        return Array.Find(candidates, candidate => Directory.Exists(Path.Combine(candidate, "fixtures")));
    }

    private static string FindRepositoryRoot([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", ".."));
}
