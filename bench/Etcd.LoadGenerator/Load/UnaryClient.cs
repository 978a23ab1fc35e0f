using System.Diagnostics;
using Etcd.LoadGenerator.Wire;

namespace Etcd.LoadGenerator.Load;

/// <summary>One caller of a <see cref="UnaryLoad"/>: sends, waits for the answer, sends the next.</summary>
internal sealed class UnaryClient(UnaryLoad load, Http2Connection connection) : CallStream
{
    private long _sentAt;
    private bool _hasMessage;

    public override bool IsUnary => true;

    public override int MessageBytes => load.Template.Bytes;

    public override void WriteMessage(Span<byte> destination) => load.Template.Write(destination, load.Keys.Next());

    // Whatever holds bytes is an answer message: an error comes as headers alone.
    public override void OnData(ReadOnlySpan<byte> data) => _hasMessage |= data.Length > 0;

    public override void OnEnd(bool isReset)
    {
        load.Finish(_sentAt, _hasMessage && !isReset);
        StartNext();
    }

    /// <summary>Sends a request, if the load has one left.</summary>
    public void StartNext()
    {
        if (load.TryTakeRequest())
        {
            _hasMessage = false;
            _sentAt = Stopwatch.GetTimestamp();
            connection.Send(this);
        }
    }
}
