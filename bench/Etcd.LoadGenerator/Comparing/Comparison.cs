namespace Etcd.LoadGenerator.Comparing;

/// <summary>The whole comparison of two servers, and its report.</summary>
internal static class Comparison
{
    /// <returns>The report as Markdown.</returns>
    public static async Task<string> RunAsync(ComparisonOptions options)
    {
        Directory.CreateDirectory(options.DataRoot);
        IReadOnlyList<CaseResult> cases;
        (TimeSpan, TimeSpan)? clientStart = null;
        await using (Contestant subject = await Contestant.StartAsync(options.Subject, options.DataRoot))
        await using (Contestant reference = await Contestant.StartAsync(options.Reference, options.DataRoot))
        {
            cases = new LoadComparison(options, subject, reference).Run();
            if (options.Includes("etcdctl"))
            {
                clientStart = await ClientStartComparison.RunAsync(options, reference);
            }
        }

        if (options.Includes("put over TLS"))
        {
            using var tls = new TlsComparison(options);
            cases = [.. cases, .. await tls.RunAsync()];
        }

        (MemoryResult, MemoryResult)? memory = options.Includes("memory") ? await MemoryComparison.RunAsync(options) : null;
        return new MarkdownReport(options).Write(cases, memory, clientStart);
    }
}
