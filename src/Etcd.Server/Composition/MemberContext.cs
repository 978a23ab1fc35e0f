using Etcd.Disk;
using Etcd.Server.Bootstrap;
using Etcd.Server.Observation;
using Etcd.Server.Pumps;

using Microsoft.Extensions.Logging;

namespace Etcd.Server.Composition;

/// <summary>What the parts of one member are built from.</summary>
/// <param name="Options">Its configuration.</param>
/// <param name="Disk">Where its files are.</param>
/// <param name="Time">The clock it lives by.</param>
/// <param name="Loggers">Where parts with messages of their own report.</param>
/// <param name="Member">What it starts from.</param>
/// <param name="Instruments">What monitoring counts.</param>
/// <param name="Log">Where it reports.</param>
/// <param name="Execution">How its work is carried out.</param>
internal sealed record MemberContext(
    ServerOptions Options,
    IFileSystem Disk,
    TimeProvider Time,
    ILoggerFactory Loggers,
    BootstrappedMember Member,
    ServerInstruments Instruments,
    ServerLog Log,
    Execution Execution);
