using System.Net;

namespace Etcd.Proxy.Gateway;

/// <summary>What a gateway does.</summary>
/// <param name="Listen">Where clients connect.</param>
/// <param name="Endpoints">The members' client ports, tried in turn.</param>
/// <param name="RetryDelay">How long a member that could not be reached is left alone.</param>
internal sealed record GatewayOptions(EndPoint Listen, IReadOnlyList<EndPoint> Endpoints, TimeSpan RetryDelay);
