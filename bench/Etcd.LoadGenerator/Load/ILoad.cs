using Etcd.LoadGenerator.Measure;
using Etcd.LoadGenerator.Wire;

namespace Etcd.LoadGenerator.Load;

/// <summary>A prepared load: connections are open and everything is set up that should not be measured.</summary>
internal interface ILoad
{
    LatencyHistogram Latency { get; }

    long Operations { get; }

    long Failed { get; }

    /// <summary>Does the part that is measured.</summary>
    void Run(PollLoop loop);
}
