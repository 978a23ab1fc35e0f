using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace Etcd.Interop.V2;

/// <summary>One request to the v2 API, written as a line: method, path with its query, and the form after a space.</summary>
/// <param name="Line">For example <c>PUT /v2/keys/a value=1&amp;ttl=5</c>.</param>
/// <param name="User">Name and password with a colon between them; <see langword="null"/>: nobody.</param>
internal sealed record V2Request(string Line, string? User = null)
{
    public static implicit operator V2Request(string line) => new(line);

    /// <summary>Sends it.</summary>
    /// <returns>The status as a number, and the body without its line end.</returns>
    public async Task<(int Status, string Body)> SendAsync(HttpClient http, CancellationToken cancellationToken)
    {
        string[] parts = Line.Split(' ', 3);
        using var request = new HttpRequestMessage(new HttpMethod(parts[0]), new Uri(parts[1], UriKind.Relative));
        if (parts.Length == 3)
        {
            string type = parts[2][0] == '{' ? "application/json" : "application/x-www-form-urlencoded";
            request.Content = new StringContent(parts[2], new MediaTypeHeaderValue(type));
        }

        if (User is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(User)));
        }

        using HttpResponseMessage reply = await http.SendAsync(request, cancellationToken);
        return ((int)reply.StatusCode, (await reply.Content.ReadAsStringAsync(cancellationToken)).TrimEnd('\n'));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Line}{(User is null ? "" : $" as {User}")}");
}
