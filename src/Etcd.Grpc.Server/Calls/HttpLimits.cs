using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Etcd.Grpc.Server.Calls;

/// <summary>Limits of requests that are no RPCs. The server as a whole has none, since streams live long and are often silent; one HTTP
/// request does not, and a client that dribbles must not hold it for ever.</summary>
internal static class HttpLimits
{
    private const long BodyBytesMax = 30_000_000;

    private static readonly MinDataRate SlowestRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));

    public static void Apply(IFeatureCollection features)
    {
        if (features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = BodyBytesMax;
        }

        if (features.Get<IHttpMinRequestBodyDataRateFeature>() is { } requestRate)
        {
            requestRate.MinDataRate = SlowestRate;
        }

        // Kestrel has no response rate per request on HTTP/2, where it would be the whole connection's.
        if (features.Get<IHttpMinResponseDataRateFeature>() is { } responseRate)
        {
            responseRate.MinDataRate = SlowestRate;
        }
    }
}
