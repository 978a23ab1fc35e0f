using System.Reflection;

namespace Etcd.Client.Tests;

/// <summary>The public types and members of the library are a promise: a change of them shows as a change of <c>PublicSurface.txt</c>.</summary>
public class PublicSurfaceTests
{
    [Fact]
    public void PublicSurface_OfTheLibrary_IsTheWrittenOne()
    {
        string actual = string.Join('\n', typeof(EtcdClient).Assembly.GetExportedTypes()
            .OrderBy(type => type.FullName, StringComparer.Ordinal)
            .SelectMany(Describe)) + "\n";

        string file = Path.Combine(AppContext.BaseDirectory, "PublicSurface.txt");
        if (Environment.GetEnvironmentVariable("UPDATE_PUBLIC_SURFACE") is { Length: > 0 } target)
        {
            File.WriteAllText(target, actual);
        }

        Assert.Equal(File.ReadAllText(file), actual);
    }

    private static IEnumerable<string> Describe(Type type)
    {
        yield return type.FullName!;
        const BindingFlags Declared =
            BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        foreach (string member in type.GetMembers(Declared).Select(member => $"  {member}").Order(StringComparer.Ordinal))
        {
            yield return member;
        }
    }
}
