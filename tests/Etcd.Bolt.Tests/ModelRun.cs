using System.Text;

using Etcd.Testing.SimulatedDisk;

namespace Etcd.Bolt.Tests;

/// <summary>Runs operations on a database and on its model side by side, and compares them at every transaction's end.</summary>
internal sealed class ModelRun : IDisposable
{
    private const int KeySpace = 3000;

    private readonly SimulatedFileSystem _disk = new();
    private readonly BoltOptions _options;
    private readonly List<(BoltReadTransaction Read, ModelBucket Model)> _readers = [];
    private BoltDatabase _database;
    private BoltWriteTransaction? _write;
    private bool _reclaims;
    private ModelBucket _committed = new();
    private ModelBucket _model = new();

    public ModelRun(BoltOptions options)
    {
        _options = options;
        _database = BoltDatabase.Open(_disk, "db", options);
    }

    public void Run(IEnumerable<ModelOperation> operations)
    {
        foreach (ModelOperation operation in operations)
        {
            Apply(operation);
        }

        EndWrite(commit: true);
        Reopen();
    }

    public void Dispose()
    {
        _write?.Dispose();
        CloseReaders();
        _database.Dispose();
    }

    private static byte[] Key(int number) => Encoding.UTF8.GetBytes(Text(number));

    // Some keys are long, so that branches are as irregular as leaves.
    private static string Text(int number) => $"{number:D5}{(number % 7 == 0 ? new string('k', number % 200) : "")}";

    private static byte[] Value(int seed, int length)
    {
        byte[] value = new byte[length];
        value.AsSpan().Fill((byte)seed);
        return value;
    }

    private void Apply(ModelOperation operation)
    {
        switch (operation.Kind)
        {
            case ModelOperationKind.Commit:
                EndWrite(commit: true);
                break;
            case ModelOperationKind.RollBack:
                EndWrite(commit: false);
                break;
            case ModelOperationKind.Reopen:
                EndWrite(commit: true);
                Reopen();
                break;
            case ModelOperationKind.Reclaim:
                Reclaim(operation.Amount);
                break;
            case ModelOperationKind.OpenReader:
                _readers.Add((_database.BeginRead(), _committed));
                break;
            case ModelOperationKind.CloseReader when _readers.Count > 0:
                CloseReader(operation.Key % _readers.Count);
                break;
            case ModelOperationKind.CloseReader:
                break;
            default:
                _write ??= _database.BeginWrite();
                Change(operation);
                break;
        }
    }

    // Changes may follow in the same transaction: to nodes that are to be moved, or their neighbours.
    private void Reclaim(int amount)
    {
        _write ??= _database.BeginWrite();
        if (!_reclaims)
        {
            _reclaims = true;
            _write.ReclaimSpace(_database.LiveBytes * (100 + (amount % 50)) / 100, amount * 256L);
        }
    }

    private void Change(ModelOperation operation)
    {
        (BoltBucket parent, ModelBucket modelParent) = Parent(operation.Bucket);
        byte[] name = Encoding.UTF8.GetBytes($"bucket{operation.Bucket % 3}");
        if (operation.Kind == ModelOperationKind.DeleteBucket)
        {
            Assert.Equal(modelParent.Buckets.Remove(Encoding.UTF8.GetString(name)), parent.DeleteBucket(name));
            return;
        }

        BoltBucket bucket = parent.CreateBucketIfMissing(name);
        if (!modelParent.Buckets.TryGetValue(Encoding.UTF8.GetString(name), out ModelBucket? model))
        {
            modelParent.Buckets.Add(Encoding.UTF8.GetString(name), model = new ModelBucket());
        }

        bucket.FillPercent = operation.Amount % 2 == 0 ? 0.5 : 0.9;
        ChangeBucket(operation, bucket, model);
    }

    private (BoltBucket Parent, ModelBucket Model) Parent(int bucket)
    {
        BoltBucket outer = _write!.CreateBucketIfMissing("outer"u8);
        if (!_model.Buckets.TryGetValue("outer", out ModelBucket? model))
        {
            _model.Buckets.Add("outer", model = new ModelBucket());
        }

        return bucket % 2 == 0 ? (_write.TopLevel, _model) : (outer, model);
    }

    private static void ChangeBucket(ModelOperation operation, BoltBucket bucket, ModelBucket model)
    {
        int amount = operation.Amount;
        switch (operation.Kind)
        {
            case ModelOperationKind.Put:
                Put(bucket, model, operation.Key % KeySpace, amount % 300);
                break;
            case ModelOperationKind.PutLarge:
                Put(bucket, model, operation.Key % KeySpace, amount * 13 % 20_000);
                break;
            case ModelOperationKind.PutManyAscending:
                for (int i = 0; i < amount % 400; i++)
                {
                    Put(bucket, model, (operation.Key + i) % KeySpace, amount % 90);
                }

                break;
            case ModelOperationKind.PutManyScattered:
                for (int i = 0; i < amount % 200; i++)
                {
                    Put(bucket, model, (operation.Key + (i * 37)) % KeySpace, (amount + i) % 150);
                }

                break;
            case ModelOperationKind.Delete:
                Delete(bucket, model, operation.Key % KeySpace);
                break;
            case ModelOperationKind.DeleteMany:
                for (int i = 0; i < amount; i++)
                {
                    Delete(bucket, model, (operation.Key + i) % KeySpace);
                }

                break;
            case ModelOperationKind.DeleteByCursor:
                DeleteByCursor(bucket, model, operation.Key % KeySpace, amount);
                break;
            case ModelOperationKind.SetSequence:
                model.Sequence = bucket.Sequence = (ulong)amount;
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(operation));
        }
    }

    private static void Put(BoltBucket bucket, ModelBucket model, int key, int length)
    {
        byte[] value = Value(key, length);
        bucket.Put(Key(key), value);
        model.Pairs[Text(key)] = value;
    }

    private static void Delete(BoltBucket bucket, ModelBucket model, int key) =>
        Assert.Equal(model.Pairs.Remove(Text(key)), bucket.Delete(Key(key)));

    private static void DeleteByCursor(BoltBucket bucket, ModelBucket model, int from, int count)
    {
        string[] doomed = [.. model.Pairs.Keys.Where(key => string.CompareOrdinal(key, Text(from)) >= 0).Take(count)];
        BoltCursor cursor = bucket.Cursor();
        bool isOnItem = cursor.Seek(Key(from));
        foreach (string key in doomed)
        {
            Assert.True(isOnItem);
            Assert.Equal(key, Encoding.UTF8.GetString(cursor.Key));
            cursor.Delete();
            isOnItem = cursor.MoveNext();
            model.Pairs.Remove(key);
        }
    }

    private void EndWrite(bool commit)
    {
        if (_write is null)
        {
            return;
        }

        _model.AssertEquals(_write.TopLevel);
        if (commit)
        {
            _write.Commit();
            _committed = _model.Clone();
        }
        else
        {
            _model = _committed.Clone();
        }

        _write.Dispose();
        _write = null;
        _reclaims = false;
        Assert.InRange(_database.SizeBytes, _database.LiveBytes, _database.FileBytes);
        Assert.Empty(_database.Check());
        using BoltReadTransaction read = _database.BeginRead();
        _committed.AssertEquals(read.TopLevel);
    }

    private void Reopen()
    {
        CloseReaders();
        _database.Dispose();
        _database = BoltDatabase.Open(_disk, "db", _options);
        Assert.Empty(_database.Check());
        using BoltReadTransaction read = _database.BeginRead();
        _committed.AssertEquals(read.TopLevel);
    }

    private void CloseReaders()
    {
        while (_readers.Count > 0)
        {
            CloseReader(0);
        }
    }

    private void CloseReader(int index)
    {
        (BoltReadTransaction read, ModelBucket model) = _readers[index];
        model.AssertEquals(read.TopLevel);
        read.Dispose();
        _readers.RemoveAt(index);
    }
}
