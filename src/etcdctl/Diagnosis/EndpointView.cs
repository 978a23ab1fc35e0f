using Etcd.Protocol.Rpc;
using Etcdctl.Metrics;

namespace Etcdctl.Diagnosis;

/// <summary>What was seen at one endpoint.</summary>
/// <param name="Endpoint">Its address.</param>
internal sealed record EndpointView(string Endpoint)
{
    /// <summary>Its answer; <see langword="null"/> when there was none.</summary>
    public StatusResponse? Status { get; init; }

    /// <summary>Index it had applied when it was asked once more, after all had been asked; 0 when it was not.</summary>
    public ulong AppliedLater { get; init; }

    /// <summary>Why there was none.</summary>
    public string Error { get; init; } = "";

    /// <summary>Its metrics; <see langword="null"/> when they are not to be had there.</summary>
    public MetricsText? Metrics { get; init; }

    /// <summary>Hash of its keys at the revision that all were asked about; <see langword="null"/> when it did not tell.</summary>
    public HashKVResponse? Hash { get; init; }

    /// <summary>End of its certificate; <see langword="null"/> without TLS.</summary>
    public DateTimeOffset? CertificateEnd { get; init; }
}
