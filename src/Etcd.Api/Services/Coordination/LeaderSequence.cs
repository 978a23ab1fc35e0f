using System.Runtime.CompilerServices;

using Etcd.Mvcc.Watch;
using Etcd.Protocol.Elections;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcd.Server;

using Google.Protobuf;

namespace Etcd.Api.Services.Coordination;

/// <summary>The leaders of an election one after the other, and what each proclaims, in order and without a gap.</summary>
/// <remarks>Leaders that came and went while none was looked for are left out, as etcd does: it reads who is first, then follows that key to its end.</remarks>
internal sealed class LeaderSequence(EtcdServer server, ByteString prefix, ActingUser user)
{
    private readonly ByteString _end = LineRequests.EndOf(prefix);

    /// <summary>Reads on until the token ends it.</summary>
    internal async IAsyncEnumerable<LeaderResponse> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        bool isFirstLook = true;
        while (true)
        {
            TxnResponse look = await server.KeyValues
                .TxnAsync(LineRequests.LookAtFirst(prefix), isFirstLook ? user.AsRecognised : user.Now, cancellationToken)
                .ConfigureAwait(false);
            isFirstLook = false;
            RangeResponse found = look.Responses[0].ResponseRange;
            LeaderResponse? leader = found.Kvs.Count > 0
                ? new LeaderResponse { Header = look.Header, Kv = found.Kvs[0] }
                : await FirstAfterAsync(look.Header.Revision, cancellationToken).ConfigureAwait(false);
            if (leader is null)
            {
                continue;
            }

            yield return leader;
            await foreach (LeaderResponse next in FollowAsync(leader.Kv.Key, leader.Header.Revision, cancellationToken).ConfigureAwait(false))
            {
                yield return next;
            }
        }
    }

    // The line was empty: whoever comes first leads.
    private async ValueTask<LeaderResponse?> FirstAfterAsync(long revision, CancellationToken cancellationToken)
    {
        var spec = new WatchSpec { Key = prefix.Memory, RangeEnd = _end.Memory, StartRevision = revision + 1, WithoutDeletes = true };
        await foreach ((Event change, long _) in EventsAsync(spec, cancellationToken).ConfigureAwait(false))
        {
            return ReplyOf(change, change.Kv.ModRevision);
        }

        return null;
    }

    private async IAsyncEnumerable<LeaderResponse> FollowAsync(
        ByteString key, long revision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var spec = new WatchSpec { Key = key.Memory, StartRevision = revision + 1 };
        await foreach ((Event change, long at) in EventsAsync(spec, cancellationToken).ConfigureAwait(false))
        {
            if (change.Type == Event.Types.EventType.Delete)
            {
                yield break;
            }

            yield return ReplyOf(change, at);
        }
    }

    // Ends when history was compacted under it: the next look begins anew.
    private async IAsyncEnumerable<(Event Change, long Revision)> EventsAsync(
        WatchSpec spec, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using WatchStream stream = server.Watches.OpenStream();
        stream.Create(spec);
        while (await stream.WaitAsync(cancellationToken).ConfigureAwait(false))
        {
            while (stream.TryTake(out WatchNotice notice))
            {
                if (notice.Kind == WatchNoticeKind.Compacted)
                {
                    yield break;
                }

                if (notice.Kind != WatchNoticeKind.Events)
                {
                    continue;
                }

                // The notice's buffers are the stream's: what is handed on is read from them first.
                Event[] changes = [.. notice.Events.ToArray().Select(bytes => Event.Parser.ParseFrom(bytes.Span))];
                long revision = notice.Revision;
                foreach (Event change in changes)
                {
                    user.RequireRead(change.Kv.Key.Memory);
                    yield return (change, revision);
                }
            }
        }
    }

    private LeaderResponse ReplyOf(Event change, long revision) => new() { Header = server.Headers.Create(revision), Kv = change.Kv };
}
