using Etcd.Grpc.Server.Health;

namespace Etcd.Api.Services;

/// <summary>Has the health service say that the member does not serve while its database is rewritten, where that is wanted: commits wait meanwhile, and
/// so may writes. As in etcd, calls are served all the same.</summary>
/// <param name="tell">Says it.</param>
/// <param name="isWanted">Whether anything is to be said.</param>
internal sealed class DefragmentationHealth(Action<RpcServingStatus> tell, bool isWanted)
{
    private readonly Lock _gate = new();
    private int _underWay;

    /// <summary>Carries out a defragmentation. Several may overlap.</summary>
    internal T During<T>(Func<T> defragment)
    {
        Change(+1);
        try
        {
            return defragment();
        }
        finally
        {
            Change(-1);
        }
    }

    private void Change(int by)
    {
        if (!isWanted)
        {
            return;
        }

        lock (_gate)
        {
            _underWay += by;
            tell(_underWay > 0 ? RpcServingStatus.NotServing : RpcServingStatus.Serving);
        }
    }
}
