using System.Diagnostics;

namespace Etcd.LoadGenerator.Measure;

/// <summary>Has the system write all that waits to be written, so that what is measured next does not pay for what came before.</summary>
internal static class DiskSettling
{
    /// <summary>Runs <c>sync</c> to its end.</summary>
    public static async Task AwaitAsync()
    {
        using Process sync = Process.Start("sync");
        await sync.WaitForExitAsync();
    }
}
