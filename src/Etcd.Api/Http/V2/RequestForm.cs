using System.Text;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.V2;

/// <summary>The parameters of a request: those of a form in the body come before those of the query, and the first of a name counts.</summary>
internal sealed class RequestForm
{
    /// <summary>What is said of a form that is too large, as in Go's library.</summary>
    internal const string TooLarge = "http: POST too large";

    /// <summary>Largest form, as in Go's library.</summary>
    private const int FormBytesMax = 10 << 20;

    /// <summary>Most parameters: a megabyte of names would cost the member many more.</summary>
    private const int NamesMax = 1000;

    private const string FormType = "application/x-www-form-urlencoded";

    private readonly Dictionary<string, string> _first = new(StringComparer.Ordinal);

    /// <summary>What was wrong with the form; <see langword="null"/> for nothing.</summary>
    internal string? Error { get; private set; }

    /// <summary>Reads query and body.</summary>
    internal static async ValueTask<RequestForm> ReadAsync(HttpContext context)
    {
        var form = new RequestForm();
        HttpRequest request = context.Request;
        if (request.Method is "POST" or "PUT" or "PATCH" && IsForm(request.ContentType))
        {
            if (await RequestBody.ReadAsync(context, FormBytesMax).ConfigureAwait(false) is { } body)
            {
                form.Add(Encoding.UTF8.GetString(body));
            }
            else
            {
                form.Error = TooLarge;
            }
        }

        string query = request.QueryString.Value ?? string.Empty;
        form.Add(query.Length > 0 ? query[1..] : query);
        return form;
    }

    /// <summary>Whether a parameter was given, even if empty.</summary>
    internal bool Has(string name) => _first.ContainsKey(name);

    /// <summary>A parameter; empty if it was not given.</summary>
    internal string Value(string name) => _first.GetValueOrDefault(name, string.Empty);

    private static bool IsForm(string? contentType)
    {
        ReadOnlySpan<char> type = contentType;
        int parameters = type.IndexOf(';');
        return (parameters < 0 ? type : type[..parameters]).Trim().Equals(FormType, StringComparison.OrdinalIgnoreCase);
    }

    private void Add(ReadOnlySpan<char> text)
    {
        foreach (Range range in text.Split('&'))
        {
            if (_first.Count >= NamesMax)
            {
                Error ??= "too many parameters";
                return;
            }

            ReadOnlySpan<char> pair = text[range];
            if (pair.IsEmpty)
            {
                continue;
            }

            if (pair.Contains(';'))
            {
                Error ??= "invalid semicolon separator in query";
                continue;
            }

            int equals = pair.IndexOf('=');
            ReadOnlySpan<char> rawName = equals < 0 ? pair : pair[..equals];
            ReadOnlySpan<char> rawValue = equals < 0 ? default : pair[(equals + 1)..];
            if (UrlText.TryDecodeQuery(rawName, out string name, out string error)
                && UrlText.TryDecodeQuery(rawValue, out string value, out error))
            {
                _first.TryAdd(name, value);
            }
            else
            {
                Error ??= error;
            }
        }
    }
}
