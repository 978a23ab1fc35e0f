using System.Buffers;
using System.Text;

using Etcd.Api.Metrics;

namespace Etcd.Api.Tests.Metrics;

/// <summary>What a registry writes, as text.</summary>
internal static class MetricsText
{
    internal static string Of(MetricsRegistry metrics)
    {
        var written = new ArrayBufferWriter<byte>();
        metrics.WriteTo(written);
        return Encoding.UTF8.GetString(written.WrittenSpan);
    }

    internal static string[] Lines(MetricsRegistry metrics) => Of(metrics).TrimEnd('\n').Split('\n');
}
