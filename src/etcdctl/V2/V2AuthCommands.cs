namespace Etcdctl.V2;

/// <summary><c>auth</c> and what is below it.</summary>
internal static class V2AuthCommands
{
    /// <summary>All of them.</summary>
    public static V2Command Create() => new("auth", "overall auth controls", "")
    {
        Children =
        [
            new("enable", "enable auth access controls", " ") { Run = context => SwitchAsync(context, "PUT", "Authentication Enabled") },
            new("disable", "disable auth access controls", " ") { Run = context => SwitchAsync(context, "DELETE", "Authentication Disabled") },
        ],
    };

    private static async Task SwitchAsync(V2Context context, string method, string done)
    {
        using V2Answer answer = await V2AccessClient.SendAsync(context, method, "enable").ConfigureAwait(false);
        context.Terminal.Output.WriteLine(done);
    }
}
