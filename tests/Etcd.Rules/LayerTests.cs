namespace Etcd.Rules;

/// <summary>Imports point down the list of layers, and nowhere else.</summary>
public class LayerTests
{
    [Fact]
    public void SourceProjects_AllOfThem_HaveAPlaceInTheLayers()
    {
        IEnumerable<string> strangers = ProjectFile.Under("src").Select(project => project.Name).Except(Layers.LowestFirst);

        Assert.Empty(strangers);
    }

    [Fact]
    public void SourceProjects_Imports_PointDownTheLayers()
    {
        IEnumerable<string> upward =
            from project in ProjectFile.Under("src")
            from import in project.Imports
            where Array.IndexOf(Layers.LowestFirst, import) < 0
                || Array.IndexOf(Layers.LowestFirst, import) >= Array.IndexOf(Layers.LowestFirst, project.Name)
            select $"{project.Name} -> {import}";

        Assert.Empty(upward);
    }

    [Fact]
    public void CoreLibraries_Imports_AreExactlyTheStatedOnes()
    {
        IEnumerable<string> additional =
            from project in ProjectFile.Under("src")
            where Layers.FixedImports.ContainsKey(project.Name)
            from import in project.Imports.Except(Layers.FixedImports[project.Name])
            select $"{project.Name} -> {import}";

        Assert.Empty(additional);
    }

    [Fact]
    public void CoreLibraries_Packages_AreNone()
    {
        IEnumerable<string> packages =
            from project in ProjectFile.Under("src")
            where Layers.WithoutPackages.Contains(project.Name)
            from package in project.Packages
            select $"{project.Name} -> {package}";

        Assert.Empty(packages);
    }

    [Fact]
    public void SourceProjects_Imports_NeverReachTestsOrBenchmarks()
    {
        var sources = ProjectFile.Under("src").Select(project => project.Name).ToHashSet();

        Assert.DoesNotContain(ProjectFile.Under("src"), project => project.Imports.Any(import => !sources.Contains(import)));
    }

    [Fact]
    public void Architecture_LayerTable_NamesEveryProjectThatExists()
    {
        string architecture = SourceTree.ReadText("docs/architecture.md");

        Assert.DoesNotContain(ProjectFile.Under("src"), project => !architecture.Contains($"`{project.Name}`", StringComparison.Ordinal));
    }

    [Fact]
    public void Solution_ProjectFiles_AllListed()
    {
        string solution = SourceTree.ReadText("Etcd.slnx");
        IEnumerable<string> missing = SourceTree.Files
            .Where(file => file.EndsWith(".csproj", StringComparison.Ordinal))
            .Where(file => !solution.Contains($"\"{file}\"", StringComparison.Ordinal));

        Assert.Empty(missing);
    }
}
