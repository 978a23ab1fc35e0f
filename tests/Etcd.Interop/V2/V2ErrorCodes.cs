namespace Etcd.Interop.V2;

/// <summary>The error codes of the v2 API: how a client gets to see each, or why none does.</summary>
internal static class V2ErrorCodes
{
    /// <summary>All numbers that etcd 3.4 has a text for.</summary>
    public static readonly int[] Known =
    [
        100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110,
        200, 201, 202, 203, 204, 205, 206, 207, 208, 209, 210, 211, 212,
        300, 301, 400, 401, 402, 403, 404, 500,
    ];

    /// <summary>What the cases need, on a fresh server.</summary>
    public static readonly V2Request[] Preparation = ["PUT /v2/keys/file value=1", "PUT /v2/keys/dir/child value=1"];

    /// <summary>Requests to a healthy server, in order; the tree is at index 5 before the first and none of them moves it.</summary>
    public static readonly V2CodeCase[] Refused =
    [
        new(100, "GET /v2/keys/none", 404, """{"errorCode":100,"message":"Key not found","cause":"/none","index":5}"""),
        new(101, "PUT /v2/keys/file value=2&prevValue=9", 412, """{"errorCode":101,"message":"Compare failed","cause":"[9 != 1]","index":5}"""),
        new(101, "DELETE /v2/keys/file?prevIndex=3", 412, """{"errorCode":101,"message":"Compare failed","cause":"[3 != 4]","index":5}"""),
        new(102, "PUT /v2/keys/dir value=1", 403, """{"errorCode":102,"message":"Not a file","cause":"/dir","index":5}"""),
        new(104, "PUT /v2/keys/file/below value=1", 400, """{"errorCode":104,"message":"Not a directory","cause":"/file","index":5}"""),
        new(105, "PUT /v2/keys/file value=1&prevExist=false", 412, """{"errorCode":105,"message":"Key already exists","cause":"/file","index":5}"""),
        new(107, "DELETE /v2/keys/?recursive=true", 400, """{"errorCode":107,"message":"Root is read only","cause":"/","index":5}"""),
        new(108, "DELETE /v2/keys/dir?dir=true", 403, """{"errorCode":108,"message":"Directory not empty","cause":"/dir","index":5}"""),
        new(201, "PUT /v2/keys/file value=1&prevValue=", 400, """{"errorCode":201,"message":"PrevValue is Required in POST form","cause":"\"prevValue\" cannot be empty","index":0}"""),
        new(202, "PUT /v2/keys/file value=1&ttl=soon", 400, """{"errorCode":202,"message":"The given TTL in POST form is not a number","cause":"invalid value for \"ttl\"","index":0}"""),
        new(203, "PUT /v2/keys/file value=1&prevIndex=x", 400, """{"errorCode":203,"message":"The given index in POST form is not a number","cause":"invalid value for \"prevIndex\"","index":0}"""),
        new(203, "GET /v2/keys/file?wait=true&waitIndex=x", 400, """{"errorCode":203,"message":"The given index in POST form is not a number","cause":"invalid value for \"waitIndex\"","index":0}"""),
        new(209, "GET /v2/keys/file?recursive=perhaps", 400, """{"errorCode":209,"message":"Invalid field","cause":"invalid value for \"recursive\"","index":0}"""),
        new(210, "PUT /v2/keys/file value=%zz", 400, """{"errorCode":210,"message":"Invalid POST form","cause":"invalid URL escape \"%zz\"","index":0}"""),
        new(211, "PUT /v2/keys/file value=1&refresh=true&ttl=5", 400, """{"errorCode":211,"message":"Value provided on refresh","cause":"A value was provided on a refresh","index":0}"""),
        new(212, "PUT /v2/keys/file refresh=true", 400, """{"errorCode":212,"message":"A TTL must be provided on refresh","cause":"No TTL value set","index":0}"""),
    ];

    /// <summary>More writes than the history of events holds.</summary>
    public const int HistoryWrites = 1001;

    /// <summary>A watch of what the history held before <see cref="HistoryWrites"/> more.</summary>
    public static readonly V2CodeCase Outdated = new(
        401,
        "GET /v2/keys/file?wait=true&waitIndex=1",
        400,
        """{"errorCode":401,"message":"The event in requested index is outdated and cleared","cause":"the requested history has been cleared [7/1]","index":1006}""");

    /// <summary>What switches the users of the v2 API on.</summary>
    public static readonly V2Request[] Users = ["PUT /v2/auth/users/root {\"user\":\"root\",\"password\":\"right\"}", "PUT /v2/auth/enable"];

    /// <summary>A key asked for with a wrong password.</summary>
    public static readonly V2CodeCase Stranger = new(
        110,
        new V2Request("GET /v2/keys/file", "root:wrong"),
        401,
        """{"errorCode":110,"message":"The request requires user authentication","cause":"Insufficient credentials","index":0}""");

    /// <summary>Requests to a member that has lost its quorum, and knows it.</summary>
    public static readonly V2CodeCase[] WithoutQuorum =
    [
        new(300, "PUT /v2/keys/file value=2", 500, """{"errorCode":300,"message":"Raft Internal Error","cause":"etcdserver: request timed out","index":0}"""),
        new(300, "GET /v2/keys/file?quorum=true", 500, """{"errorCode":300,"message":"Raft Internal Error","cause":"etcdserver: request timed out","index":0}"""),
    ];

    /// <summary>Numbers that no request brings about, in etcd 3.4 either: they have kept their text for clients of releases before 2.0, whose
    /// servers sent them.</summary>
    public static readonly IReadOnlyDictionary<int, string> Unreachable = new Dictionary<int, string>
    {
        [103] = "members are limited by no number since 2.0",
        [106] = "no key is reserved: names that begin with _ are hidden, and may be written",
        [109] = "a peer address that is taken is told by /v2/members, as a conflict (409) without a code",
        [200] = "a missing value is the empty value",
        [204] = "a missing value is the empty value, a missing TTL means none",
        [205] = "a watch has no time-out of its own",
        [206] = "members do not join over this API",
        [207] = "without value and index there is nothing to compare: the write is a plain one",
        [208] = "value and index together are both compared",
        [301] = "what arrives during an election waits, and times out with 300",
        [400] = "when a snapshot replaces the tree, waiting replies end; whoever asks again is told 401 where it applies",
        [402] = "there are no standbys since 2.0",
        [403] = "there is no active size since 2.0",
        [404] = "there is no remove delay since 2.0",
        [500] = "clients raise it themselves",
    };
}
