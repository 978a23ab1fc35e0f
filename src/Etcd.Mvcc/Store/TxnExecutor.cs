using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Google.Protobuf.Collections;

namespace Etcd.Mvcc;

/// <summary>Carries out transactions: decide all branches, check every operation in them, then run them.</summary>
/// <remarks>
/// Nothing is written before everything is checked, so a transaction that fails leaves no trace, on any member
/// (incident #18667: a compacted revision inside a transaction is refused before apply changes anything).
/// </remarks>
internal sealed class TxnExecutor(
    KeyIndex index, StoreFile backend, StoreRevisions revisions, RangeReader ranges, StoreFigures figures)
{
    /// <summary>Runs a transaction that may write. Apply thread, inside a write transaction.</summary>
    public TxnResponse Run(TxnRequest request, RequestApplier applier, long atMain)
    {
        var path = TxnPath.Of(request, new CompareReader(index, backend, atMain));
        figures.CountRanges(request.Compare.Count);
        CheckPuts(request, path, applier, atMain);
        path.Rewind();
        CheckRanges(request, path, atMain);
        path.Rewind();
        TxnResponse response = Apply(request, path, applier);
        response.Header = new ResponseHeader();
        return response;
    }

    /// <summary>Runs a transaction that only reads, at one revision. Any thread.</summary>
    public TxnResponse RunReadOnly(TxnRequest request)
    {
        while (true)
        {
            long current = revisions.Current;
            try
            {
                return RunReadOnly(request, current);
            }
            catch (EtcdException error) when (error.Code == EtcdErrorCode.Compacted && current < revisions.Compact)
            {
                // The revision it ran at was compacted away by a later one meanwhile; the next try runs at a later one.
            }
        }
    }

    private TxnResponse RunReadOnly(TxnRequest request, long current)
    {
        var path = TxnPath.Of(request, new CompareReader(index, backend, current));
        CheckRanges(request, path, current);
        path.Rewind();
        TxnResponse response = Read(request, path, current);
        ranges.CheckRevision(current, current);
        figures.CountReads(CountRanges(response));
        response.Header = new ResponseHeader { Revision = current };
        return response;
    }

    private static void CheckPuts(TxnRequest request, TxnPath path, RequestApplier applier, long atMain)
    {
        foreach (RequestOp operation in path.NextBranch(request, out _))
        {
            if (operation.RequestCase == RequestOp.RequestOneofCase.RequestTxn)
            {
                CheckPuts(operation.RequestTxn, path, applier, atMain);
            }
            else if (operation.RequestCase == RequestOp.RequestOneofCase.RequestPut)
            {
                applier.CheckPut(operation.RequestPut, atMain);
            }
        }
    }

    private void CheckRanges(TxnRequest request, TxnPath path, long current)
    {
        foreach (RequestOp operation in path.NextBranch(request, out _))
        {
            if (operation.RequestCase == RequestOp.RequestOneofCase.RequestTxn)
            {
                CheckRanges(operation.RequestTxn, path, current);
            }
            else if (operation.RequestCase == RequestOp.RequestOneofCase.RequestRange)
            {
                CheckRange(operation.RequestRange, current);
            }
        }
    }

    private void CheckRange(RangeRequest request, long current)
    {
        // Unlike a plain range, a negative revision is compared too: etcd answers "compacted" below -1.
        if (request.Revision != 0)
        {
            ranges.CheckRevision(request.Revision, current);
        }

        RangePlan.Of(request);
    }

    private static TxnResponse Apply(TxnRequest request, TxnPath path, RequestApplier applier)
    {
        var response = new TxnResponse();
        RepeatedField<RequestOp> branch = path.NextBranch(request, out bool succeeded);
        response.Succeeded = succeeded;
        foreach (RequestOp operation in branch)
        {
            response.Responses.Add(operation.RequestCase switch
            {
                RequestOp.RequestOneofCase.RequestRange => new ResponseOp { ResponseRange = applier.Range(operation.RequestRange) },
                RequestOp.RequestOneofCase.RequestPut => new ResponseOp { ResponsePut = applier.Put(operation.RequestPut) },
                RequestOp.RequestOneofCase.RequestDeleteRange =>
                    new ResponseOp { ResponseDeleteRange = applier.DeleteRange(operation.RequestDeleteRange) },
                RequestOp.RequestOneofCase.RequestTxn =>
                    new ResponseOp { ResponseTxn = Nested(Apply(operation.RequestTxn, path, applier)) },
                _ => new ResponseOp(),
            });
        }

        return response;
    }

    private TxnResponse Read(TxnRequest request, TxnPath path, long current)
    {
        var response = new TxnResponse();
        RepeatedField<RequestOp> branch = path.NextBranch(request, out bool succeeded);
        response.Succeeded = succeeded;
        foreach (RequestOp operation in branch)
        {
            response.Responses.Add(operation.RequestCase switch
            {
                RequestOp.RequestOneofCase.RequestRange => new ResponseOp { ResponseRange = Range(operation.RequestRange, current) },
                RequestOp.RequestOneofCase.RequestTxn =>
                    new ResponseOp { ResponseTxn = Nested(Read(operation.RequestTxn, path, current)) },
                _ => throw new InvalidOperationException("a read-only transaction holds a write"),
            });
        }

        return response;
    }

    private RangeResponse Range(RangeRequest request, long current)
    {
        using RangeReply reply = ranges.Range(request, current);
        return reply.ToMessage();
    }

    // As etcd counts: the ranges, and the look that each compare takes.
    private static int CountRanges(TxnResponse response)
    {
        int count = 0;
        foreach (ResponseOp operation in response.Responses)
        {
            count += operation.ResponseTxn is { } nested ? CountRanges(nested) : 1;
        }

        return count;
    }

    // The header of a nested reply is there and empty.
    private static TxnResponse Nested(TxnResponse response)
    {
        response.Header = new ResponseHeader();
        return response;
    }
}
