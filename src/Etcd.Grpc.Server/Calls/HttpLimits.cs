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

    /// <summary>Sets the limits of one request.</summary>
    /// <param name="features">The request.</param>
    /// <param name="isHttp1">On HTTP/2 rates are the connection's and cannot be set for one request.</param>
    public static void Apply(IFeatureCollection features, bool isHttp1)
    {
        if (features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = BodyBytesMax;
        }

        if (!isHttp1)
        {
            return;
        }

        if (features.Get<IHttpMinRequestBodyDataRateFeature>() is { } requestRate)
        {
            requestRate.MinDataRate = SlowestRate;
        }

        if (features.Get<IHttpMinResponseDataRateFeature>() is { } responseRate)
        {
            responseRate.MinDataRate = SlowestRate;
        }
    }
}
