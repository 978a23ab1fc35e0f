using System.IO.Pipelines;

using Etcd.Peer.Codecs;
using Etcd.Raft;

namespace Etcd.Peer.Streams;

/// <summary>One connection that a peer has opened to read from this member. Its state belongs to the lock of the <see cref="OutgoingStream"/>, its
/// output and encoder to whoever made it busy.</summary>
internal sealed class StreamConnection(PipeWriter output, IStreamEncoder encoder)
{
    private readonly TaskCompletionSource<PeerStreamEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _flushingSince;

    /// <summary>Where frames go.</summary>
    public PipeWriter Output { get; } = output;

    /// <summary>Turns messages into frames.</summary>
    public IStreamEncoder Encoder { get; } = encoder;

    /// <summary>Messages being written.</summary>
    public List<RaftMessage> Batch { get; set; } = [];

    /// <summary>Whether somebody writes to it now.</summary>
    public bool IsBusy { get; set; }

    /// <summary>How it is to end as soon as nobody writes to it; <see langword="null"/> while it lives.</summary>
    public PeerStreamEnd? Ending { get; set; }

    /// <summary>Whether a sign of life is to be written.</summary>
    public bool IsHeartbeatDue { get; set; }

    /// <summary>Completes when nobody writes to it any more.</summary>
    public Task<PeerStreamEnd> Ended => _ended.Task;

    /// <summary>Timestamp since which bytes wait for the network; 0 when none do.</summary>
    public long FlushingSince
    {
        get => Volatile.Read(ref _flushingSince);
        set => Volatile.Write(ref _flushingSince, value);
    }

    /// <summary>Nobody writes to it any more.</summary>
    public void Complete() => _ended.TrySetResult(Ending!.Value);
}
