namespace Etcd.Interop.Etcdctl;

/// <summary>The calls that are compared, by subject.</summary>
public static class EtcdctlScripts
{
    private static readonly string[] Formats = ["simple", "fields", "json", "protobuf", "table"];

    /// <summary>put, get, del with every flag and format.</summary>
    public static IEnumerable<EtcdctlStep> Keys()
    {
        foreach (string format in Formats)
        {
            yield return new("put", "k1", "v1", "-w", format);
            yield return new("put", "k1", "a&b<c>\"\\日本\u0001\u2028", "--prev-kv", "-w", format);
            yield return new("put", "k2", "v 2\nline", "-w", format);
            yield return new("put", "k2", "", "--prev-kv", "-w", format);
            yield return new("get", "k1", "-w", format);
            yield return new("get", "k1", "-w", format, "--hex");
            yield return new("get", "k", "--prefix", "-w", format);
            yield return new("get", "k", "--prefix", "--limit", "1", "-w", format);
            yield return new("get", "k", "--prefix", "--keys-only", "-w", format);
            yield return new("get", "k", "--prefix", "--count-only", "-w", format);
            yield return new("get", "k", "--prefix", "--print-value-only", "-w", format);
            yield return new("get", "absent", "-w", format);
            yield return new("del", "k1", "--prev-kv", "-w", format);
            yield return new("del", "absent", "-w", format);
        }

        foreach (string order in (string[])["ASCEND", "descend", ""])
        {
            foreach (string target in (string[])["CREATE", "KEY", "MODIFY", "VALUE", "VERSION"])
            {
                yield return new("put", $"s{target}", order.Length.ToString(System.Globalization.CultureInfo.InvariantCulture));
                yield return new("get", "s", "--prefix", $"--order={order}", $"--sort-by={target}");
                yield return new("get", "s", "t", "--limit=2", $"--order={order}", $"--sort-by={target}", "--print-value-only");
            }
        }

        yield return new("get", "a", "z");
        yield return new("get", "a", "z", "ignored");
        yield return new("get", "", "--prefix");
        yield return new("get", "", "--from-key", "--keys-only");
        yield return new("get", "k", "--from-key");
        yield return new("get", "");
        yield return new("get", "k1", "--rev", "2");
        yield return new("get", "k1", "--rev", "0x2");
        yield return new("get", "k1", "--rev", "1000");
        yield return new("get", "k1", "--consistency", "s");
        yield return new("ge", "k2", "-wjson");
        yield return new("--write-out=json", "get", "k2");
        yield return new("get", "--", "k2");
        yield return new("put", "--", "-k", "-v");
        yield return new("put", "dash", "--", "-v");
        yield return new("get", "-w=fields", "dash");
        yield return new("put", "a", "b", "c");
        yield return new("put", "from-stdin") { Input = "text\nof two lines\n" };
        yield return new("get", "from-stdin");
        yield return new("put", "", "v");
        yield return new("put", "absent", "--ignore-value");
        yield return new("put", "absent", "v", "--ignore-lease");
        yield return new("put", "a", "--ignore-value", "--prev-kv");
        yield return new("put", "a", "x", "--lease=77");
        yield return new("put", "a", "x", "--lease=77", "--ignore-lease");
        yield return new("del", "s", "t");
        yield return new("del", "k", "l", "--range", "--prev-kv", "-w", "json");
        yield return new("del", "", "--prefix", "-w", "fields");
        yield return new("del", "") { IgnoresErrorText = false };
    }

    /// <summary>txn with every operator, target and format.</summary>
    public static IEnumerable<EtcdctlStep> Transactions()
    {
        yield return new("put", "t", "v");
        string[] scripts =
        [
            "\n\n\n",
            "value(\"t\") = \"v\"\n\nput t2 \"1 2\"\nget t\ndel absent\n\nget t\n\n",
            "value(\"t\") != \"v\"\n\nput t2 1\n\nget t\ndel t2 --prev-kv\nput t3 x --prev-kv\n\n",
            "mod(\"t\") > \"0\"\ncreate(\"t\") < \"1000\"\nversion(\"t\") = \"1\"\n\nget t --prefix\nget t --limit=1 --prefix --keys-only\n\n\n",
            "ver(\"t\") = \"0\"\nc(\"t\") = \"0\"\nm(\"t\") = \"0\"\nval(\"t\") = \"0\"\n\n\nget t\n\n",
            "  mod(\"t\") > \"0\"  \n\nput 'a b' 'c d'\nput \"q\\n\\x41\\u00e9\\101\" \"\\\"\"\nget 'a b'\nget \"q\\nAéA\"\n\n\n",
            "\nput d 1\nput d 2\n\n\n",
            "\nput d 1\ndel d\n\n\n",
            "\nput absent --ignore-value\n\n\n",
            "\nput x y --lease=7\n\n\n",
            "\nget t absent2\nget a z more\ndel a b\n\n\n",
            "\nget \"\"\n\n\n",
        ];
        foreach (string script in scripts)
        {
            foreach (string format in Formats)
            {
                yield return new("txn", "-w", format) { Input = script };
            }

            yield return new("txn", "-i") { Input = script };
        }

        yield return new("txn", "--hex") { Input = "\nget t\n\n\n" };
    }

    /// <summary>Leases in every format.</summary>
    public static IEnumerable<EtcdctlStep> Leases()
    {
        foreach (string format in Formats)
        {
            yield return new("lease", "list", "-w", format);
            yield return new("lease", "grant", "3000");
            yield return new("put", "l1", "v", "--lease={lease}");
            yield return new("put", "l2", "v", "--lease", "{lease}", "--prev-kv", "-w", "fields");
            yield return new("get", "l", "--prefix", "-w", format);
            yield return new("lease", "list", "-w", format);
            yield return new("lease", "timetolive", "12345", "-w", format);
            yield return new("lease", "timetolive", "12345", "--keys", "-w", format);
            yield return new("lease", "keep-alive", "--once", "{lease}", "-w", format);
            yield return new("lease", "keep-alive", "--once", "12345", "-w", format);
            yield return new("lease", "keep-alive", "12345", "-w", format);
            yield return new("lease", "revoke", "12345", "-w", format);
            yield return new("lease", "revoke", "{lease}", "-w", format);
        }

        yield return new("lease", "grant", "9999999999");
        yield return new("lease", "grant", "9999999999", "-w", "json");
        yield return new("lease", "list", "ignored");
        yield return new("lease", "gr", "3000");
    }

    /// <summary>Compaction, hashes, status, members, alarms and snapshots.</summary>
    public static IEnumerable<EtcdctlStep> Maintenance()
    {
        for (int i = 0; i < 12; i++)
        {
            yield return new("put", "c", "value");
        }

        yield return new("endpoint", "hashkv", "--rev", "5");
        yield return new("endpoint", "hashkv", "--rev", "1000");
        yield return new("compaction", "1000");
        yield return new("compaction", "4");
        yield return new("compaction", "4");
        yield return new("compaction", "6", "--physical", "-w", "json");
        yield return new("compaction", "--", "-5");
        yield return new("compaction", "0");
        yield return new("get", "c", "--rev", "3");
        yield return new("watch", "c", "--rev", "2");
        foreach (string format in Formats)
        {
            yield return new("watch", "c", "--rev", "2", "-w", format);
            yield return new("endpoint", "hashkv", "-w", format);
            yield return new("endpoint", "hashkv", "--cluster", "-w", format);
            yield return new("endpoint", "health", "-w", format);
            yield return new("endpoint", "health", "--cluster", "-w", format);
            yield return new("member", "list", "-w", format);
            yield return new("member", "list", "-w", format, "--hex");
            yield return new("alarm", "list", "-w", format);

            // The fields format of a disarm crashes the real one.
            if (format != "fields")
            {
                yield return new("alarm", "disarm", "-w", format);
            }
        }

        yield return new("move-leader");
        yield return new("move-leader", "nonsense");
        yield return new("move-leader", "1");
        yield return new("move-leader", "1", "2");
        yield return new("snapshot", "save", "/nonexistent/x.db");
        yield return new("snapshot", "save", "") { IgnoresErrorText = true };
        yield return new("snapshot", "save", ".") { IgnoresErrorText = true };
        yield return new("snapshot", "save");

        // The real one's client library logs its stream, too, in between and at no fixed place.
        yield return new("snapshot", "save", "{file}") { IgnoresErrorText = true };
        yield return new("snapshot", "status", "{file}");
        yield return new("snapshot", "status", "{file}", "-w", "json");
        yield return new("snapshot", "status", "/nonexistent/x.db");
        yield return new("get", "c") { Environment = new Dictionary<string, string> { ["ETCDCTL_WRITE_OUT"] = "json" } };
        yield return new("get", "c") { Environment = new Dictionary<string, string> { ["ETCDCTL_HEX"] = "true" } };
        yield return new("get", "c") { Environment = new Dictionary<string, string> { ["ETCDCTL_DIAL_TIMEOUT"] = "nonsense" } };
        yield return new("get", "c") { Environment = new Dictionary<string, string> { ["ETCDCTL_NONSENSE"] = "1" } };
        yield return new("endpoint", "hashkv") { Environment = new Dictionary<string, string> { ["ETCDCTL_CLUSTER"] = "true" } };
        yield return new("get", "c", "--user", "root:x");
        yield return new("get", "c", "--user", "root", "--password", "x");
        yield return new("get", "c", "--password", "x");
        yield return new("get", "c", "--endpoints", "127.0.0.1:1", "--command-timeout", "300ms") { IgnoresErrorText = true };
        yield return new("put", "c", "x", "--endpoints", "127.0.0.1:1", "--command-timeout", "300ms") { IgnoresErrorText = true };
        yield return new("endpoint", "status", "--endpoints", "127.0.0.1:1", "--command-timeout", "300ms") { IgnoresErrorText = true };
        yield return new("endpoint", "health", "--endpoints", "127.0.0.1:1", "--command-timeout", "300ms", "-w", "json") { IgnoresErrorText = true };
        yield return new("endpoint", "hashkv", "--endpoints", "127.0.0.1:1", "--command-timeout", "300ms") { IgnoresErrorText = true };
    }

    /// <summary>Watches of the past, each ended by a program that fails at the last event.</summary>
    public static IEnumerable<EtcdctlStep> Watches()
    {
        yield return new("put", "w1", "one");
        yield return new("put", "w1", "two \"quoted\" ü");
        yield return new("del", "w1");
        yield return new("txn") { Input = "\nput w1 a\nput w2 b\ndel w3\n\n\n" };
        yield return new("put", "w1", "end");
        string[] program = ["--", "sh", "-c", "echo \"$ETCD_WATCH_REVISION $ETCD_WATCH_EVENT_TYPE $ETCD_WATCH_KEY $ETCD_WATCH_VALUE\"; test \"$ETCD_WATCH_VALUE\" != '\"end\"'"];
        foreach (string format in Formats)
        {
            yield return new(["watch", "w1", "--rev", "2", "-w", format, .. program]);
            yield return new(["watch", "w", "--prefix", "--prev-kv", "--rev", "2", "-w", format, .. program]);
        }

        yield return new(["watch", "w1", "w9", "--rev", "2", .. program]);
        yield return new(["watch", "--rev=2", "--hex", "w1", .. program]);
        yield return new(["watch", "--rev=2", .. program]) { Environment = new Dictionary<string, string> { ["ETCDCTL_WATCH_KEY"] = "w1" } };
        yield return new("watch", "w1", "--rev", "2", "--", "/nonexistent/program");
        yield return new("watch", "w1", "--rev", "2", "--", "nonexistent-program");
        yield return new("watch", "-i") { Input = "foo\n\nwatch\nwatch a b --prefix\n" };
        yield return new("watch", "-i") { Input = "watch --\n" };
        yield return new("watch", "-i") { Input = "watch --rev=x a\n" };
    }

    /// <summary>lock with programs, and what check and elect refuse.</summary>
    public static IEnumerable<EtcdctlStep> Coordination()
    {
        yield return new("lock", "a", "--", "sh", "-c", "echo $ETCD_LOCK_REV; exit 3");
        yield return new("lock", "a", "--ttl", "5", "true");
        yield return new("lock", "a", "false");
        yield return new("lock", "a", "no-such-program");
        yield return new("lock", "a", "/no/such/program");
        yield return new("lock", "a", "cat") { Input = "not read" };
        yield return new("lock", "", "true");
        yield return new("lock", "a", "-w", "xml", "true");
        yield return new("get", "a", "--prefix");
        yield return new("put", "/etcdctl-check-perf/x", "v");
        yield return new("put", "/etcdctl-check-datascale/x", "v");
        yield return new("check", "perf");
        yield return new("check", "datascale");
        yield return new("check", "datascale", "--prefix", "/etcdctl-check-perf/x");
    }

    /// <summary>auth, user and role in every format, and what goes wrong with their arguments.</summary>
    public static IEnumerable<EtcdctlStep> Users()
    {
        yield return new("user", "add", "root:rootpw");
        yield return new("role", "add", "root");
        foreach (string format in Formats)
        {
            yield return new("user", "add", "alice:pw", "-w", format);
            yield return new("role", "add", "r", "-w", format);
            yield return new("user", "grant-role", "alice", "r", "-w", format);
            yield return new("role", "grant-permission", "r", "read", "k", "-w", format);
            yield return new("role", "grant-permission", "r", "write", "p/", "--prefix", "-w", format);
            yield return new("role", "grant-permission", "r", "readwrite", "q", "--from-key", "-w", format);
            yield return new("role", "grant-permission", "r", "read", "", "--prefix", "-w", format);
            yield return new("role", "grant-permission", "r", "read", "a", "b", "-w", format);
            yield return new("role", "grant-permission", "r", "read", "a", "c", "-w", format);
            yield return new("role", "get", "r", "-w", format);
            yield return new("role", "get", "root", "-w", format);
            yield return new("role", "list", "-w", format);
            yield return new("user", "get", "alice", "-w", format);
            yield return new("user", "get", "alice", "--detail", "-w", format);
            yield return new("user", "get", "root", "--detail", "-w", format);
            yield return new("user", "list", "-w", format);
            yield return new("auth", "status", "-w", format);
            yield return new("user", "passwd", "alice", "--interactive=false", "-w", format) { Input = "new" };
            yield return new("role", "revoke-permission", "r", "k", "-w", format);
            yield return new("role", "revoke-permission", "r", "p/", "--prefix", "-w", format);
            yield return new("role", "revoke-permission", "r", "q", "--from-key", "-w", format);
            yield return new("role", "revoke-permission", "r", "", "--from-key", "-w", format);
            yield return new("role", "revoke-permission", "r", "a", "b", "-w", format);
            yield return new("user", "revoke-role", "alice", "r", "-w", format);
            yield return new("role", "delete", "r", "-w", format);
            yield return new("user", "delete", "alice", "-w", format);
        }

        foreach (EtcdctlStep step in WrongArguments())
        {
            yield return step;
        }

        foreach (EtcdctlStep step in Prompts())
        {
            yield return step;
        }

        // It is on from here; the real one gives root its role by itself.
        yield return new("auth", "enable");
        yield return new("auth", "enable");
        yield return new("--user", "root:rootpw", "auth", "enable", "-w", "json");
        yield return new("--user", "root:rootpw", "auth", "status");
        yield return new("--user", "root", "--password", "rootpw", "auth", "status");
        yield return new("--user", "root", "auth", "status") { Input = "rootpw\n", IgnoresErrorText = true };
        yield return new("auth", "status") { Environment = new Dictionary<string, string> { ["ETCDCTL_USER"] = "root:rootpw" } };
        yield return new("auth", "status")
        {
            Environment = new Dictionary<string, string> { ["ETCDCTL_USER"] = "root", ["ETCDCTL_PASSWORD"] = "rootpw" },
        };
        yield return new("--user", "root:wrong", "get", "a");
        yield return new("--user", "root:rootpw", "put", "a", "b");
        yield return new("get", "a");
        yield return new("lease", "list");
        yield return new("--user", "root:rootpw", "auth", "disable");
        yield return new("--user", "root:rootpw", "get", "a");
    }

    private static IEnumerable<EtcdctlStep> WrongArguments()
    {
        string[] calls =
        [
            "auth enable x", "auth disable x", "auth status x", "user add", "user add a b", "user add :pw", "user delete", "user delete nobody",
            "user get", "user get a b", "user get nobody", "user list x", "user passwd", "user passwd nobody --interactive=false",
            "user grant-role a", "user grant-role nobody root", "user revoke-role a", "user revoke-role root r", "role add", "role add root",
            "role delete", "role delete r", "role get", "role get r", "role list x", "role grant-permission", "role grant-permission r read",
            "role grant-permission r look k", "role grant-permission r ReaD a b c", "role grant-permission r read a b --prefix",
            "role grant-permission r read a b --from-key", "role grant-permission r read a --from-key --prefix",
            "role grant-permission root read z a", "role revoke-permission r", "role revoke-permission root a", "role revoke-permission r a b c",
            "user ad x:y", "rol list", "user frob", "auth --help", "user --help", "role --help", "user add --help", "user get --help",
            "user passwd --help", "role grant-permission --help", "role revoke-permission --help",
        ];
        return calls.Select(call => new EtcdctlStep(call.Split(' ')) { Input = "pw" });
    }

    // What stty says on standard error is the real one's own.
    private static IEnumerable<EtcdctlStep> Prompts()
    {
        yield return new("user", "add", "asked") { Input = "pp\npp\n", IgnoresErrorText = true };
        yield return new("user", "add", "asked2") { Input = "pp\nqq\n", IgnoresErrorText = true };
        yield return new("user", "add", "asked3") { Input = "\n", IgnoresErrorText = true };
        yield return new("user", "passwd", "asked") { Input = "qq\nqq\n", IgnoresErrorText = true };
        yield return new("user", "add", "asked4", "--interactive=false") { Input = "  pp more\n" };
    }
}
