using Etcd.Client;
using Etcdctl.Output;

namespace Etcdctl.Connection;

/// <summary>Tells on standard error of attempts that failed, in the line that etcd's client writes.</summary>
internal sealed class CallLog(OutputWriter error)
{
    /// <summary>Writes the line. Streams, and attempts that only waited for a connection, are silent.</summary>
    public void Write(CallFailure failure)
    {
        bool isStream = failure.Method is "/etcdserverpb.Watch/Watch" or "/etcdserverpb.Lease/LeaseKeepAlive"
            or "/etcdserverpb.Maintenance/Snapshot";
        bool hadNoConnection = failure.Error.Message.StartsWith("connection error", StringComparison.Ordinal);
        if (isStream || (failure.WillRetry && hadNoConnection))
        {
            return;
        }

        // The endpoints of a health check fail on several threads; a line of progress may be shown on another.
        lock (error)
        {
            error.WriteLine(LogLine.Write(
                "warn",
                "etcd-client",
                "retrying of unary invoker failed",
                ("target", "etcd-endpoints://" + failure.Endpoint),
                ("attempt", (long)failure.Attempt),
                ("error", RpcErrorText.Full(failure.Error))));
        }
    }
}
