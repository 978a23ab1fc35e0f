using System.Text;
using System.Text.Json;

namespace Etcdctl.V2;

/// <summary>Requests about users and roles of the v2 API.</summary>
internal static class V2AccessClient
{
    private static readonly Dictionary<string, string> NoQuery = [];

    /// <summary>Sends a request below <c>/v2/auth</c>.</summary>
    /// <param name="context">Flags and terminal.</param>
    /// <param name="method">HTTP method.</param>
    /// <param name="path">What follows <c>/v2/auth/</c>.</param>
    /// <param name="json">The body; <see langword="null"/> for none.</param>
    /// <param name="tellsReason">Whether a refusal is told in the server's words; etcd tells of the list of roles only the status.</param>
    /// <exception cref="CommandFailedException">It was refused, or no member answers.</exception>
    public static async Task<V2Answer> SendAsync(
        V2Context context, string method, string path, string? json = null, bool tellsReason = true)
    {
        using V2Client client = await context.ConnectAsync().ConfigureAwait(false);
        V2Answer answer = await client.SendAsync(
            method, "/v2/auth/" + path, NoQuery, null, V2ExitCode.BadArguments, client.TotalLimit, json).ConfigureAwait(false);
        if (answer.Message is { } message)
        {
            answer.Dispose();
            throw Failed(tellsReason ? message : $"unexpected status code {(int)answer.Status}");
        }

        return answer;
    }

    /// <summary>Ends the program with a message, as these commands do.</summary>
    public static CommandFailedException Failed(string message) => new((ExitCode)V2ExitCode.BadArguments, message);

    /// <summary>A name as a part of a path.</summary>
    public static string Escape(string name) => Uri.EscapeDataString(name);

    /// <summary>A JSON object.</summary>
    public static string Json(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>A list of texts in JSON.</summary>
    public static void WriteList(Utf8JsonWriter json, string name, IEnumerable<string> items)
    {
        json.WriteStartArray(name);
        foreach (string item in items)
        {
            json.WriteStringValue(item);
        }

        json.WriteEndArray();
    }
}
