using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Etcd.Discovery.Dns;

/// <summary>Asks name servers for SRV records, which .NET has no call for.</summary>
/// <param name="file">Which servers to ask.</param>
public sealed class SrvResolver(ResolverFile file)
{
    private readonly ResolverFile _file = file;

    /// <summary>Finds the records of a name, best priority first, heavier before lighter. Takes at most servers × attempts × time-out.</summary>
    /// <param name="name">The name, <c>_service._tcp.domain</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>At least one record.</returns>
    /// <exception cref="IOException">No server answered, or there are no such records; the text is that of Go's resolver.</exception>
    public async Task<IReadOnlyList<SrvRecord>> ResolveAsync(string name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        IOException? failure = null;
        for (int attempt = 0; attempt < _file.Attempts; attempt++)
        {
            foreach (IPEndPoint server in _file.Servers)
            {
                try
                {
                    return await AskAsync(server, name, cancellationToken).ConfigureAwait(false);
                }
                catch (IOException error) when (error is not NoSuchNameException)
                {
                    failure = error;
                }
            }
        }

        throw failure ?? new IOException($"lookup {name}: no name server");
    }

    private async Task<List<SrvRecord>> AskAsync(IPEndPoint server, string name, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_file.Timeout);
        string text = $"lookup {name} on {server}: ";
        try
        {
            // Nobody who does not see the question can guess its number.
            byte[] question = SrvMessage.Question((ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue + 1), name);
            byte[] answer = await NameServer.AskAsync(server, question, limit.Token).ConfigureAwait(false);
            if (SrvMessage.DeniesName(answer))
            {
                throw new NoSuchNameException($"{text}no such host");
            }

            List<SrvRecord> records = SrvMessage.Records(answer);
            records.Sort((a, b) => a.Priority != b.Priority ? a.Priority - b.Priority : b.Weight - a.Weight);
            return records;
        }
        catch (OperationCanceledException failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"{text}i/o timeout", failure);
        }
        catch (Exception failure) when (failure is SocketException or FormatException or IOException and not NoSuchNameException)
        {
            throw new IOException(text + failure.Message, failure);
        }
    }
}
