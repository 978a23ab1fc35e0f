namespace Etcd.Interop.Service;

/// <summary>Programs of the NuGet registry that <c>test.sh</c> installs outside the repository.</summary>
public static class DotnetTools
{
    /// <summary>The folder they are in.</summary>
    public static string Directory { get; } = Path.Combine(Path.GetDirectoryName(NodeTools.Directory)!, "dotnet");
}
