using System.Text;

using Etcd.Disk.Linux;
using Etcd.Testing;

namespace Etcd.Bolt.Tests;

/// <summary>A database on the real disk that checks itself after each change and disappears with the test.</summary>
internal sealed class TestDatabase : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly BoltOptions _options;

    public TestDatabase(BoltOptions? options = null)
    {
        _options = options ?? new BoltOptions();
        Database = BoltDatabase.Open(LinuxFileSystem.Instance, FilePath, _options);
    }

    public string FilePath => _directory.File("db");

    public BoltDatabase Database { get; private set; }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public string PathOf(string name) => _directory.File(name);

    public void Write(Action<BoltWriteTransaction> change)
    {
        using (BoltWriteTransaction transaction = Database.BeginWrite())
        {
            change(transaction);
            transaction.Commit();
        }

        Assert.Empty(Database.Check());
    }

    public void Reopen()
    {
        Database.Dispose();
        Database = BoltDatabase.Open(LinuxFileSystem.Instance, FilePath, _options);
    }

    public void Dispose()
    {
        Database.Dispose();
        _directory.Dispose();
    }
}
