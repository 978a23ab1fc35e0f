using System.Globalization;
using Etcd.Client;
using Etcd.Protocol.Rpc;
using Etcdctl.Connection;
using Etcdctl.Output;
using Etcdctl.Text;

namespace Etcdctl.Checks;

/// <summary>The keys of a check: none may be there before, none stay afterwards.</summary>
internal sealed class CheckSpace(EtcdClient client, string prefix, OutputWriter output)
{
    private readonly KeyRange _range = KeyRange.Prefix(prefix);

    /// <summary>Refuses to write among keys that are there already.</summary>
    /// <param name="quote">Text around the command that the message proposes.</param>
    /// <exception cref="CommandFailedException">There are some.</exception>
    public async Task RequireEmptyAsync(string quote)
    {
        RangeResponse found = await Call.RunAsync(client.Kv.GetAsync(_range, new GetOptions { Limit = 1 }));
        if (found.Kvs.Count > 0)
        {
            throw CommandFailedException.Because(
                ExitCode.InvalidInput,
                $"prefix {GoText.Quote(prefix)} has keys. Delete with {quote}etcdctl del --prefix {prefix}{quote} first");
        }
    }

    /// <summary>Deletes the keys and, if asked to, their history and the space it took.</summary>
    public async Task CleanAsync(bool compact, bool defragment)
    {
        DeleteRangeResponse deleted = await Call.RunAsync(client.Kv.DeleteAsync(_range));
        if (compact)
        {
            string revision = deleted.Header.Revision.ToString(CultureInfo.InvariantCulture);
            Say("Compacting with revision " + revision);
            await Call.RunAsync(client.Kv.CompactAsync(deleted.Header.Revision, waitForRemoval: true));
            Say("Compacted with revision " + revision);
        }

        if (defragment)
        {
            foreach (string endpoint in client.Endpoints)
            {
                Say("Defragmenting " + GoText.Quote(endpoint));
                await Call.RunAsync(client.Maintenance.DefragmentAsync(endpoint));
                Say("Defragmented " + GoText.Quote(endpoint));
            }
        }
    }

    private void Say(string text)
    {
        output.WriteLine(text);
        output.Flush();
    }
}
