using System.Globalization;

using Etcd.Disk.Linux;
using Etcd.Mvcc;
using Etcd.Server.Offline;

using Etcdutl.CommandLine;
using Etcdutl.Output;

namespace Etcdutl.Commands;

/// <summary><c>etcdutl hashkv</c>, as etcd has it from 3.6 on.</summary>
internal static class HashKvCommand
{
    public static Command Create() => new("hashkv <filename>", "Prints the KV history hash of a given file")
    {
        Flags = [new Flag("rev", FlagKind.Integer, "0", "maximum revision to hash (default: latest revision)")],
        Run = Run,
    };

    private static void Run(Invocation invocation)
    {
        if (invocation.Arguments.Count != 1)
        {
            throw new UsageException($"accepts 1 arg(s), received {invocation.Arguments.Count}");
        }

        string format = ResultPrinter.FormatOf(invocation);
        using LockTimeout wait = LockTimeout.Begin(invocation, invocation.Arguments[0]);
        HashKvResult result = DatabaseFile.HashKv(
            LinuxFileSystem.Instance, invocation.Arguments[0], invocation.Flags.Integer("rev"), wait.Limit);
        ResultPrinter.Print(
            invocation.Output,
            format,
            Value("HASH", "Hash", "hash", result.Hash),
            Value("HASH REVISION", "Hash revision", "hashRevision", result.Revision),
            Value("COMPACT REVISION", "Compact revision", "compactRevision", result.CompactRevision));
    }

    private static ResultValue Value(string column, string field, string jsonName, long number) =>
        new(column, number.ToString(CultureInfo.InvariantCulture), field, jsonName, number);
}
