using System.Net;
using Etcd.LoadGenerator.Load;
using Etcd.Testing.Processes;

namespace Etcd.LoadGenerator.Comparing;

/// <summary>The data directory that both servers get copies of. Real etcd fills it: what is read is laid out by its storage, not by ours.</summary>
internal sealed class LargeStoreSource(string dataRoot)
{
    public const int Keys = 1_000_000;
    public const int Overwritten = 200_000;
    private const int ValueBytes = 1800;

    private string Directory { get; } = Path.Combine(dataRoot, "large-source");

    /// <summary>Size of the database.</summary>
    public long DatabaseBytes => new FileInfo(DatabaseOf(Directory)).Length;

    public static string DatabaseOf(string dataDirectory) => Path.Combine(dataDirectory, "member", "snap", "db");

    /// <summary>Fills the directory, unless an earlier run has.</summary>
    public async Task PrepareAsync()
    {
        string unfinished = Directory + ".filling";
        if (System.IO.Directory.Exists(Directory))
        {
            return;
        }

        if (System.IO.Directory.Exists(unfinished))
        {
            System.IO.Directory.Delete(unfinished, recursive: true);
        }

        await using (EtcdServer server = await EtcdServer.StartAsync(OptionsFor(ServerKind.Real35, unfinished, "--unsafe-no-fsync")))
        {
            Fill(server, Keys);
            Fill(server, Overwritten);
            await server.TerminateAsync(TimeSpan.FromMinutes(2));
        }

        System.IO.Directory.Move(unfinished, Directory);
    }

    /// <summary>How a server runs on a copy. Its addresses are those the directory was made with.</summary>
    public static EtcdServerOptions OptionsFor(ServerKind kind, string dataDirectory, params string[] flags) => new()
    {
        Kind = kind,
        DataDirectory = dataDirectory,
        HasFixedIdentity = true,
        ReadyLimit = TimeSpan.FromMinutes(5),
        Flags = ["--quota-backend-bytes", "8589934592", .. flags],
    };

    /// <summary>Copies the directory; afterwards its bytes are in the page cache, whoever reads them next.</summary>
    public void CopyTo(string directory)
    {
        foreach (string file in System.IO.Directory.EnumerateFiles(Directory, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(directory, Path.GetRelativePath(Directory, file));
            System.IO.Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);

            // Gigabytes that are still on their way to the disk would be paid for by whoever is measured first.
            using FileStream copy = File.Open(target, FileMode.Open);
            copy.Flush(flushToDisk: true);
        }
    }

    private static void Fill(EtcdServer server, int keys) => LoadRun.Execute(new LoadOptions
    {
        Server = new IPEndPoint(IPAddress.Loopback, server.ClientPort),
        Scenario = Scenario.Put,
        Clients = 200,
        Connections = 8,
        Total = keys,
        Keys = keys,
        IsSequential = true,
        ValueBytes = ValueBytes,
    });
}
