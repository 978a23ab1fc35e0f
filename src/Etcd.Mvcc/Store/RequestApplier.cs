using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Google.Protobuf;

namespace Etcd.Mvcc;

/// <summary>Carries out single operations inside a write transaction. Apply thread.</summary>
internal sealed class RequestApplier(
    KeyIndex index, StoreFile backend, RangeReader ranges, WriteTransaction transaction, ILeaseBook leases)
{
    /// <summary>Puts a key, after <see cref="CheckPut"/>. Never fails: part of a transaction may be written already.</summary>
    public PutResponse Put(PutRequest request)
    {
        var response = new PutResponse();
        if (request.PrevKv || request.IgnoreValue || request.IgnoreLease)
        {
            PutWithPrevious(request, response);
        }
        else
        {
            transaction.Put(request.Key.Span, request.Value.Span, request.Lease);
        }

        response.Header = new ResponseHeader { Revision = transaction.ReadRevision };
        return response;
    }

    /// <summary>Deletes the keys of a range.</summary>
    public DeleteRangeResponse DeleteRange(DeleteRangeRequest request)
    {
        var response = new DeleteRangeResponse();
        if (request.PrevKv)
        {
            transaction.CountRange();
            var all = new RangeRequest { Key = request.Key, RangeEnd = request.RangeEnd };
            using RangeReply previous = ranges.Range(all, transaction.ReadRevision);
            response.PrevKvs.Add(previous.ToMessage().Kvs);
        }

        response.Deleted = transaction.DeleteRange(KeyRange.Of(request.Key.Span, request.RangeEnd.Span));
        response.Header = new ResponseHeader { Revision = transaction.ReadRevision };
        return response;
    }

    /// <summary>Reads a range as the transaction sees it.</summary>
    public RangeResponse Range(RangeRequest request)
    {
        transaction.CountRange();
        using RangeReply reply = ranges.Range(request, transaction.ReadRevision);
        return reply.ToMessage();
    }

    /// <summary>Checks that a put would succeed; apply does not rely on what was checked before proposing.</summary>
    /// <exception cref="EtcdException">The key is empty, its lease unknown, or a flag wants the old state and there is none.</exception>
    public void CheckPut(PutRequest request, long atMain)
    {
        if (request.Key.IsEmpty)
        {
            throw new EtcdException(EtcdErrorCode.EmptyKey);
        }

        if ((request.IgnoreValue || request.IgnoreLease) && !index.TryFind(request.Key.Span, atMain, out _))
        {
            transaction.CountVainRange();
            throw new EtcdException(EtcdErrorCode.KeyNotFound);
        }

        CheckLease(request.Lease);
    }

    /// <summary>Checks that a lease may be named.</summary>
    /// <exception cref="EtcdException">There is no such lease.</exception>
    public void CheckLease(long leaseId)
    {
        if (leaseId != 0 && !leases.Exists(leaseId))
        {
            throw new EtcdException(EtcdErrorCode.LeaseNotFound);
        }
    }

    private void PutWithPrevious(PutRequest request, PutResponse response)
    {
        transaction.CountRange();
        using BackendView view = backend.View();
        ByteString value = request.Value;
        long lease = request.Lease;
        if (index.TryFind(request.Key.Span, transaction.ReadRevision, out Revision revision))
        {
            KeyValueRecord record = KeyValueRecord.Parse(RangeReply.RecordOf(view, revision), revision);
            value = request.IgnoreValue ? ByteString.CopyFrom(record.Value) : value;
            lease = request.IgnoreLease ? record.Lease : lease;
            response.PrevKv = request.PrevKv ? record.ToMessage() : null;
        }

        // The key was there when it was checked. A delete earlier in the same transaction may have taken it since (etcd's
        // own check lets a delete of "all from here on" pass): then nothing is left to keep.
        transaction.Put(request.Key.Span, value.Span, lease);
    }
}
