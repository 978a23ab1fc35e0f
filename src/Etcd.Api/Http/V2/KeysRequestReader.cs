using System.Globalization;

using Etcd.Protocol.Replication;
using Etcd.Server.V2Api;
using Etcd.V2;
using Etcd.V2.Paths;

namespace Etcd.Api.Http.V2;

/// <summary>Reads the parameters of <c>/v2/keys</c>. What is looked at first, and the texts of refusals, are etcd's.</summary>
internal sealed class KeysRequestReader
{
    // Every directory on the way to a key knows its whole path: without a bound one short request takes megabytes on every member.
    private const int SegmentsMax = 256;

    private readonly RequestForm _form;
    private V2Error? _error;

    private KeysRequestReader(RequestForm form) => _form = form;

    /// <summary>Reads a request.</summary>
    /// <param name="form">Its parameters.</param>
    /// <param name="method">Its HTTP method.</param>
    /// <param name="key">The key: what follows <c>/v2/keys</c> in the path.</param>
    /// <param name="nowNanoseconds">Unix time in nanoseconds, from which a TTL counts.</param>
    /// <returns>The request, or the refusal.</returns>
    internal static (KeysRequest? Request, V2Error? Error) Read(RequestForm form, string method, string key, long nowNanoseconds)
    {
        var reader = new KeysRequestReader(form);
        KeysRequest? request = reader.ReadAll(method, key, nowNanoseconds);
        return reader._error is { } error ? (null, error) : (request, null);
    }

    private KeysRequest? ReadAll(string method, string key, long nowNanoseconds)
    {
        if (_form.Error is { } malformed)
        {
            Refuse(V2ErrorCode.InvalidForm, malformed);
            return null;
        }

        Request request = V2Requests.Create(method, KeyPath.Join(V2NameSpaces.Keys, key));
        if (method != "GET" && request.Path.AsSpan().Count('/') > SegmentsMax)
        {
            Refuse(V2ErrorCode.InvalidField, $"a key has at most {SegmentsMax} segments");
            return null;
        }

        request.PrevIndex = Index("prevIndex");
        request.Since = Index("waitIndex");
        request.Recursive = Flag("recursive");
        request.Sorted = Flag("sorted");
        request.Wait = Flag("wait");
        request.Dir = Flag("dir");
        request.Quorum = Flag("quorum");
        request.Stream = Flag("stream");
        if (request.Wait && method != "GET")
        {
            Refuse(V2ErrorCode.InvalidField, "\"wait\" can only be used with GET requests");
        }

        request.PrevValue = _form.Value("prevValue");
        if (_form.Has("prevValue") && request.PrevValue.Length == 0)
        {
            Refuse(V2ErrorCode.PrevValueRequired, "\"prevValue\" cannot be empty");
        }

        bool omitsNodes = Flag("noValueOnSuccess");
        bool hasTtl = ReadTtl(request, nowNanoseconds);
        if (_form.Has("prevExist"))
        {
            request.PrevExist = Flag("prevExist", "invalid value for prevExist");
        }

        request.Val = _form.Value("value");
        if (_form.Has("refresh"))
        {
            request.Refresh = Flag("refresh", "invalid value for refresh");
            CheckRefresh(request, hasTtl);
        }

        return new KeysRequest(request, omitsNodes);
    }

    private bool ReadTtl(Request request, long nowNanoseconds)
    {
        const long NanosecondsPerSecond = 1_000_000_000;
        string text = _form.Value("ttl");
        if (text.Length == 0)
        {
            return false;
        }

        if (!TryReadNumber(text, out ulong seconds))
        {
            Refuse(V2ErrorCode.TtlNotANumber, "invalid value for \"ttl\"");
            return false;
        }

        // A TTL of centuries overflows as it does in etcd, and the node stays.
        request.Expiration = unchecked(nowNanoseconds + ((long)seconds * NanosecondsPerSecond));
        return true;
    }

    private void CheckRefresh(Request request, bool hasTtl)
    {
        if (!request.Refresh)
        {
            return;
        }

        if (request.Val.Length > 0)
        {
            Refuse(V2ErrorCode.RefreshValue, "A value was provided on a refresh");
        }

        if (!hasTtl)
        {
            Refuse(V2ErrorCode.RefreshTtlRequired, "No TTL value set");
        }
    }

    private ulong Index(string name)
    {
        if (!_form.Has(name))
        {
            return 0;
        }

        if (!TryReadNumber(_form.Value(name), out ulong value))
        {
            Refuse(V2ErrorCode.IndexNotANumber, $"invalid value for \"{name}\"");
        }

        return value;
    }

    private bool Flag(string name, string? otherwise = null)
    {
        if (!_form.Has(name))
        {
            return false;
        }

        switch (_form.Value(name))
        {
            case "1" or "t" or "T" or "true" or "TRUE" or "True":
                return true;
            case "0" or "f" or "F" or "false" or "FALSE" or "False":
                return false;
            default:
                Refuse(V2ErrorCode.InvalidField, otherwise ?? $"invalid value for \"{name}\"");
                return false;
        }
    }

    private static bool TryReadNumber(string text, out ulong value) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    // The first thing that is wrong is the one that is told.
    private void Refuse(V2ErrorCode code, string cause) => _error ??= new V2Error(code, cause, 0);
}
