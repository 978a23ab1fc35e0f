using System.Xml.Linq;

namespace Etcd.Rules;

/// <summary>What a project file says of its imports.</summary>
internal sealed record ProjectFile(string Name, string Path, IReadOnlyList<string> Imports, IReadOnlyList<string> Packages)
{
    public static IReadOnlyList<ProjectFile> Under(string directory) =>
        [.. SourceTree.In(directory, ".csproj").Select(Read)];

    private static ProjectFile Read(string path)
    {
        var document = XDocument.Load(SourceTree.FullPath(path));
        return new ProjectFile(
            System.IO.Path.GetFileNameWithoutExtension(path),
            path,
            [.. Includes(document, "ProjectReference").Select(NameOf)],
            [.. document.Descendants("PackageReference")
                .Where(reference => reference.Attribute("PrivateAssets")?.Value != "all")
                .Select(reference => reference.Attribute("Include")!.Value)]);
    }

    private static IEnumerable<string> Includes(XDocument document, string element) =>
        document.Descendants(element).Select(reference => reference.Attribute("Include")!.Value);

    private static string NameOf(string projectPath) => System.IO.Path.GetFileNameWithoutExtension(projectPath.Replace('\\', '/'));
}
