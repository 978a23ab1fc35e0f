using System.Net.Http.Headers;
using System.Text;

using Etcd.Auth;
using Etcd.Protocol.Errors;
using Etcd.Server;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.V2;

/// <summary>Under authentication the v2 API is for role root only: its keys know no permissions, and whoever could write them, or the members, could do
/// without any.</summary>
/// <remarks>Root shows name and password (<c>Authorization: Basic</c>, as <c>curl -u</c> and v2 clients send it), or a token of the v3 API.</remarks>
internal sealed class V2Gatekeeper(EtcdServer server)
{
    private static readonly byte[] Refusal =
        """{"errorCode":110,"message":"The request requires user authentication","cause":"Insufficient credentials","index":0}"""u8.ToArray();

    /// <summary>Whether the request may go on; if not, the reply says so.</summary>
    internal ValueTask<bool> AllowAsync(HttpContext context) => server.Access.IsNeeded ? AskAsync(context) : new ValueTask<bool>(true);

    private async ValueTask<bool> AskAsync(HttpContext context)
    {
        try
        {
            Caller caller = await CallerOfAsync(context).ConfigureAwait(false);
            await server.Access.RequireRootAsync(caller).ConfigureAwait(false);
            return true;
        }
        catch (EtcdException refusal) when (refusal.Code == EtcdErrorCode.TooManyRequests)
        {
            await V2Replies.JsonAsync(context, StatusCodes.Status429TooManyRequests, Refusal).ConfigureAwait(false);
            return false;
        }
        catch (EtcdException)
        {
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"etcd\"";
            await V2Replies.JsonAsync(context, StatusCodes.Status401Unauthorized, Refusal).ConfigureAwait(false);
            return false;
        }
    }

    private ValueTask<Caller> CallerOfAsync(HttpContext context)
    {
        string shown = context.Request.Headers.Authorization.ToString();
        if (shown.Length == 0)
        {
            return new ValueTask<Caller>(Caller.Anonymous);
        }

        if (!AuthenticationHeaderValue.TryParse(shown, out AuthenticationHeaderValue? header)
            || !header.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase)
            || header.Parameter is null)
        {
            return server.Access.RecogniseAsync(shown, certificateUser: null, context.RequestAborted);
        }

        (string name, string password) = Decode(header.Parameter);
        string source = context.Connection.RemoteIpAddress?.ToString() ?? string.Empty;
        return server.Auth.CheckCredentialsAsync(name, password, source, context.RequestAborted);
    }

    private static (string Name, string Password) Decode(string credentials)
    {
        byte[] bytes = new byte[credentials.Length];
        if (!Convert.TryFromBase64String(credentials, bytes, out int length))
        {
            return (string.Empty, string.Empty);
        }

        string text = Encoding.UTF8.GetString(bytes, 0, length);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? (text, string.Empty) : (text[..colon], text[(colon + 1)..]);
    }
}
