using System.Text;

using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Etcd.Hosting.Settings;

/// <summary>Reads a file of YAML, of which JSON is a part.</summary>
/// <remarks>The file is bounded in size and depth, and takes no aliases, before anything is made of it: a few lines of them can stand
/// for more than any memory holds. A key that stands twice is refused, since one of its values would be lost.</remarks>
internal static class BoundedYaml
{
    private const int BytesMax = 1024 * 1024;
    private const int DepthMax = 8;

    /// <summary>Reads a file.</summary>
    /// <returns>Its root; <see langword="null"/> when there is none.</returns>
    /// <exception cref="SettingsException">The file cannot be read, or is no YAML; with file and line.</exception>
    internal static YamlNode? Load(string path)
    {
        string text = TextOf(path);
        try
        {
            CheckShape(text);
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream.Documents.Count > 0 ? stream.Documents[0].RootNode : null;
        }
        catch (YamlException failure)
        {
            throw new SettingsException($"{path}:{failure.Start.Line}: {failure.InnerException?.Message ?? failure.Message}");
        }
    }

    private static string TextOf(string path)
    {
        try
        {
            var file = new FileInfo(path);
            return file is { Exists: true, Length: > BytesMax }
                ? throw new SettingsException($"{path}: a configuration file has at most {BytesMax} bytes")
                : File.ReadAllText(path, Encoding.UTF8);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            string reason = failure switch
            {
                FileNotFoundException or DirectoryNotFoundException => "no such file or directory",
                UnauthorizedAccessException => Directory.Exists(path) ? "is a directory" : "permission denied",
                _ => failure.Message,
            };
            throw new SettingsException($"open {path}: {reason}");
        }
    }

    // The parser hands out one event at a time and needs no stack of ours for it, however deep the text goes.
    private static void CheckShape(string text)
    {
        var parser = new Parser(new StringReader(text));
        int depth = 0;
        int documents = 0;
        while (parser.MoveNext())
        {
            ParsingEvent seen = parser.Current!;
            depth += seen.NestingIncrease;
            documents += seen is DocumentStart ? 1 : 0;
            if (seen is AnchorAlias)
            {
                throw new YamlException(seen.Start, seen.End, "aliases are not taken");
            }

            // Stream and document count as levels, too.
            if (depth > DepthMax)
            {
                throw new YamlException(seen.Start, seen.End, $"nested deeper than {DepthMax} levels");
            }

            if (documents > 1)
            {
                throw new YamlException(seen.Start, seen.End, "more than one document");
            }
        }
    }
}
