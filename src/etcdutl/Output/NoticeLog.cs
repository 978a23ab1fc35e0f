using System.Globalization;
using System.Text;
using System.Text.Json;

using Etcd.Server.Offline;

namespace Etcdutl.Output;

/// <summary>Writes notices as lines of time, level, source, message and facts, with tabs between them.</summary>
internal static class NoticeLog
{
    public static void Write(TextWriter errors, OfflineNotice notice)
    {
        string time = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var line = new StringBuilder($"{time}\tinfo\t{notice.Source}\t{notice.Message}");
        if (notice.Facts.Length > 0)
        {
            line.Append("\t{").AppendJoin(", ", notice.Facts.Select(fact => $"{Quote(fact.Name)}: {Value(fact.Value)}")).Append('}');
        }

        errors.WriteLine(line);
    }

    private static string Value(object value) => value switch
    {
        string text => Quote(text),
        bool flag => flag ? "true" : "false",
        IEnumerable<string> list => $"[{string.Join(", ", list.Select(Quote))}]",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new ArgumentException($"no form for a {value.GetType()}", nameof(value)),
    };

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
