using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Etcd.Client;
using Etcd.Grpc;
using Etcdctl.Connection;
using Etcdctl.Output;

namespace Etcdctl.Checks;

/// <summary>The puts of a check: several clients write random keys under a prefix, at a pace.</summary>
internal sealed class PutRun(string prefix, int keyBytes, int valueBytes)
{
    private static readonly TimeSpan ShowEach = TimeSpan.FromMilliseconds(200);

    private readonly byte[] _prefix = Encoding.UTF8.GetBytes(prefix);
    private readonly byte[] _value = new byte[valueBytes];

    /// <summary>Makes the puts.</summary>
    /// <param name="clients">Who makes them; one at a time each.</param>
    /// <param name="pace">When.</param>
    /// <param name="line">Where it shows how far it is; <see langword="null"/> for nowhere.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public async Task<PutFigures> RunAsync(
        IReadOnlyList<EtcdClient> clients, IPutPace pace, StatusLine? line, CancellationToken cancellationToken)
    {
        PutFigures figures = new();
        long start = Stopwatch.GetTimestamp();
        using (Timer showing = new(_ => line?.Show(pace.Done, $"{figures.Count} puts"), state: null, ShowEach, ShowEach))
        {
            await Task.WhenAll(clients.Select(client => WriteAsync(client, pace, figures, cancellationToken)));
        }

        line?.Clear();
        figures.Elapsed = Stopwatch.GetElapsedTime(start);
        return figures;
    }

    private async Task WriteAsync(EtcdClient client, IPutPace pace, PutFigures figures, CancellationToken cancellationToken)
    {
        try
        {
            while (await pace.NextAsync(cancellationToken))
            {
                byte[] key = [.. _prefix, .. new byte[keyBytes]];
                RandomNumberGenerator.Fill(key.AsSpan(_prefix.Length, sizeof(long)));
                long start = Stopwatch.GetTimestamp();
                await client.Kv.PutAsync(key, _value, options: null, cancellationToken);
                figures.Add(Stopwatch.GetElapsedTime(start));
            }
        }
        catch (RpcException error)
        {
            // A client that failed once has nothing to add: the check has failed.
            figures.AddError(RpcErrorText.Short(error));
        }
        catch (OperationCanceledException)
        {
            return;
        }
    }
}
