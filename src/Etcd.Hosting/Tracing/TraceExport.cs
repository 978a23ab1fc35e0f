using Etcd.Grpc.Server;
using Etcd.Hosting.Settings;
using Etcd.Server.Observation;

using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Etcd.Hosting.Tracing;

/// <summary>Sends the spans of a member to a collector, as OTLP over gRPC.</summary>
internal static class TraceExport
{
    private const double SpansPerRatio = 1_000_000;

    /// <summary>Begins to send; whoever disposes the result sends what is left.</summary>
    /// <returns><see langword="null"/> when tracing is off.</returns>
    internal static TracerProvider? Start(MemberSettings settings)
    {
        if (!settings.TracingEnabled)
        {
            return null;
        }

        // As etcd: a request whose client is traced is traced, and of the others so many in a million.
        return Sdk.CreateTracerProviderBuilder()
            .AddSource(RpcServer.ActivitySourceName, ServerActivities.SourceName)
            .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(settings.TracingSamplesPerMillion / SpansPerRatio)))
            .ConfigureResource(resource => resource.Clear().AddService(
                settings.TracingServiceName,
                autoGenerateServiceInstanceId: false,
                serviceInstanceId: settings.TracingInstanceId.Length > 0 ? settings.TracingInstanceId : null))
            .AddOtlpExporter(exporter =>
            {
                exporter.Protocol = OtlpExportProtocol.Grpc;
                exporter.Endpoint = new Uri($"http://{settings.TracingAddress}");
            })
            .Build();
    }
}
