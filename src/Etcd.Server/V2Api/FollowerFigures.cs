namespace Etcd.Server.V2Api;

/// <summary>How sending the log to one follower went, at one moment. Latencies in milliseconds.</summary>
/// <param name="Current">Latency of the last answer.</param>
/// <param name="Average">Mean latency.</param>
/// <param name="StandardDeviation">Spread of the latencies.</param>
/// <param name="Minimum">Least latency; 2^63 while there was no answer, as in etcd.</param>
/// <param name="Maximum">Greatest latency.</param>
/// <param name="Failures">Messages that could not be sent.</param>
/// <param name="Successes">Answers.</param>
public readonly record struct FollowerFigures(
    double Current, double Average, double StandardDeviation, double Minimum, double Maximum, long Failures, long Successes);
