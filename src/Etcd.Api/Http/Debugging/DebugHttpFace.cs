using Etcd.Server;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.Debugging;

/// <summary>What is below <c>/debug</c> on the client port: <c>/debug/vars</c>, and profiles when they are enabled.</summary>
public sealed class DebugHttpFace
{
    private const string Prefix = "/debug";

    private readonly VariablesEndpoint _variables;
    private readonly RequestDelegate? _profiles;

    /// <summary>Creates the face of a member.</summary>
    /// <param name="server">The member.</param>
    /// <param name="commandLine">How the program was started.</param>
    /// <param name="profiles">Answers what is below <c>/debug/pprof</c>; <see langword="null"/>: it is not there.</param>
    public DebugHttpFace(EtcdServer server, IReadOnlyList<string> commandLine, RequestDelegate? profiles)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(commandLine);
        _variables = new VariablesEndpoint(server, commandLine);
        _profiles = profiles;
    }

    /// <summary>Whether a path is one of these.</summary>
    internal static bool Owns(PathString path) => path.StartsWithSegments(Prefix, StringComparison.Ordinal);

    /// <summary>Answers a request whose path is below <c>/debug</c>.</summary>
    internal Task HandleAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/debug/vars" => _variables.HandleAsync(context),
        "/debug/pprof" => RedirectToIndexAsync(context),
        var path when _profiles is not null && path!.StartsWith("/debug/pprof/", StringComparison.Ordinal) => _profiles(context),
        _ => PlainReplies.NotFoundAsync(context),
    };

    private Task RedirectToIndexAsync(HttpContext context)
    {
        if (_profiles is null)
        {
            return PlainReplies.NotFoundAsync(context);
        }

        context.Response.Redirect("/debug/pprof/", permanent: true);
        return Task.CompletedTask;
    }
}
