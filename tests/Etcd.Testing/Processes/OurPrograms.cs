using System.Diagnostics;

namespace Etcd.Testing.Processes;

/// <summary>Release builds of this repository's programs: those the variable <c>ETCD_TEST_BIN</c> points to, or else built
/// once in a test process by <c>build.sh</c>.</summary>
public static class OurPrograms
{
    /// <summary>Names the directory that has the programs already.</summary>
    public const string DirectoryVariable = "ETCD_TEST_BIN";

    private static readonly Lazy<string> Built = new(FindOrBuild);

    public static string Server => Path.Combine(Built.Value, "etcd");

    public static string Ctl => Path.Combine(Built.Value, "etcdctl");

    public static string Utl => Path.Combine(Built.Value, "etcdutl");

    private static string FindOrBuild()
    {
        string? named = Environment.GetEnvironmentVariable(DirectoryVariable);
        return string.IsNullOrEmpty(named) ? Build(Path.Combine(SharedMaterial.RepositoryRoot, "artifacts", "test-bin")) : Path.GetFullPath(named);
    }

    // flock keeps two test processes from writing the same files.
    private static string Build(string directory)
    {
        Directory.CreateDirectory(directory);
        var start = new ProcessStartInfo("/usr/bin/flock") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(directory, ".lock"));
        start.ArgumentList.Add(Path.Combine(SharedMaterial.RepositoryRoot, "build.sh"));
        start.ArgumentList.Add(directory);
        using Process build = Process.Start(start)!;
        Task<string> errors = build.StandardError.ReadToEndAsync();
        string output = build.StandardOutput.ReadToEnd();
        build.WaitForExit();
        if (build.ExitCode != 0)
        {
            throw new InvalidOperationException($"build.sh failed:\n{output}{errors.GetAwaiter().GetResult()}");
        }

        return directory;
    }
}
