using System.Net;
using System.Text.Json;

namespace Etcdctl.V2;

/// <summary>What a member answered.</summary>
/// <param name="status">HTTP status.</param>
/// <param name="index">Index of the tree, from the head.</param>
/// <param name="body">The body.</param>
internal sealed class V2Answer(HttpStatusCode status, string index, byte[] body) : IDisposable
{
    private JsonDocument? _json;

    public HttpStatusCode Status => status;

    /// <summary>Index of the tree when the member began to answer; 0 when it did not say.</summary>
    public long Index => long.TryParse(index, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out long value) ? value : 0;

    /// <summary>Whether there is no body at all.</summary>
    public bool IsEmpty => body.Length == 0;

    /// <summary>The body as JSON.</summary>
    /// <exception cref="CommandFailedException">It is none.</exception>
    public JsonElement Json
    {
        get
        {
            try
            {
                return (_json ??= JsonDocument.Parse(body)).RootElement;
            }
            catch (JsonException)
            {
                string said = System.Text.Encoding.UTF8.GetString(body).Trim();
                throw V2Context.Failed(
                    V2ExitCode.ServerError, $"client: the member does not speak the v2 API: HTTP status {(int)status}, \"{said}\"");
            }
        }
    }

    /// <summary>The message of an answer that is no success, as members' changes are refused.</summary>
    public string? Message => (int)status is >= 200 and < 300 ? null
        : Json.TryGetProperty("message", out JsonElement message) ? message.GetString()
        : $"unexpected status code {(int)status}";

    /// <exception cref="CommandFailedException">It was refused.</exception>
    public void MustBeOk()
    {
        if (Message is { } message)
        {
            throw V2Context.Failed(V2ExitCode.ServerError, message);
        }
    }

    /// <summary>The reply about keys.</summary>
    /// <exception cref="CommandFailedException">The server refused.</exception>
    public V2Reply ToReply()
    {
        JsonElement json = Json;
        if (json.TryGetProperty("errorCode", out JsonElement code))
        {
            string cause = json.TryGetProperty("cause", out JsonElement about) ? about.GetString() ?? "" : "";
            throw V2Context.Failed(
                V2ExitCode.ServerError,
                $"{code.GetInt32()}: {json.GetProperty("message").GetString()} ({cause}) [{json.GetProperty("index").GetUInt64()}]");
        }

        return new V2Reply(
            json.GetProperty("action").GetString() ?? "",
            V2ReplyNode.Read(json.GetProperty("node")),
            json.TryGetProperty("prevNode", out JsonElement previous) ? V2ReplyNode.Read(previous) : null,
            index);
    }

    /// <inheritdoc />
    public void Dispose() => _json?.Dispose();
}
