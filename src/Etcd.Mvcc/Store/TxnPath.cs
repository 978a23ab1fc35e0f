using Etcd.Protocol.Rpc;
using Google.Protobuf.Collections;

namespace Etcd.Mvcc;

/// <summary>Which branch a transaction and each one nested in it takes, decided on the state before any of it is written.</summary>
internal sealed class TxnPath
{
    private readonly List<bool> _succeeded = [];
    private int _at;

    /// <summary>Decides all branches.</summary>
    public static TxnPath Of(TxnRequest request, CompareReader compares)
    {
        var path = new TxnPath();
        path.Decide(request, compares);
        return path;
    }

    /// <summary>Goes back to the outermost transaction.</summary>
    public void Rewind() => _at = 0;

    /// <summary>Operations of the branch taken by the next transaction in the order of the request.</summary>
    public RepeatedField<RequestOp> NextBranch(TxnRequest request, out bool succeeded)
    {
        succeeded = _succeeded[_at++];
        return BranchOf(request, succeeded);
    }

    private static RepeatedField<RequestOp> BranchOf(TxnRequest request, bool succeeded) =>
        succeeded ? request.Success : request.Failure;

    private void Decide(TxnRequest request, CompareReader compares)
    {
        bool succeeded = compares.AllHold(request.Compare);
        _succeeded.Add(succeeded);
        foreach (RequestOp operation in BranchOf(request, succeeded))
        {
            if (operation.RequestCase == RequestOp.RequestOneofCase.RequestTxn)
            {
                Decide(operation.RequestTxn, compares);
            }
        }
    }
}
