using Etcd.Raft;

namespace Etcd.MicroBenchmarks;

/// <summary>The consensus core alone: members on one thread, disks and network that take no time.</summary>
internal sealed class RaftBenchmarks : IBenchmarkArea
{
    private const int EntriesPerRound = 30_000;
    private const int ReadsPerRound = 10_000;
    private const int CatchUpEntries = 5_000;
    private const int ValueBytes = 256;

    public string Name => "raft";

    public void Run(BenchmarkRunner runner)
    {
        byte[] value = new byte[ValueBytes];
        object attachment = new();
        foreach (int members in new[] { 1, 3 })
        {
            foreach (int batch in new[] { 1, 10, 300 })
            {
                var cluster = new Cluster(members);
                runner.Measure($"raft: propose to applied, {members} voters, batches of {batch}", EntriesPerRound, () =>
                {
                    for (int done = 0; done < EntriesPerRound; done += batch)
                    {
                        for (int i = 0; i < batch; i++)
                        {
                            cluster.Leader.Propose(value, attachment);
                        }

                        cluster.Pump();
                    }

                    cluster.Compact();
                });
            }

            var readers = new Cluster(members);
            byte[] context = new byte[sizeof(ulong)];
            runner.Measure($"raft: read index, {members} voters", ReadsPerRound, () =>
            {
                for (int i = 0; i < ReadsPerRound; i++)
                {
                    readers.Leader.ReadIndex(context);
                    readers.Pump();
                }
            });
        }
    }

    private sealed class Cluster
    {
        private readonly List<(RaftNode Node, MemoryLog Log)> _members = [];

        public Cluster(int members)
        {
            var conf = new ConfState { Voters = [.. Enumerable.Range(1, members).Select(id => (ulong)id)] };
            foreach (ulong id in conf.Voters)
            {
                var log = new MemoryLog();
                log.ApplySnapshot(new Snapshot(new SnapshotMetadata(1, 1, conf), default));
                var options = new RaftOptions { Id = id, Storage = log, Applied = 1, AsyncStorageWrites = true, InflightMessagesMax = 512 };
                _members.Add((new RaftNode(options), log));
            }

            Leader.Campaign();
            Pump();
        }

        public RaftNode Leader => _members[0].Node;

        public void Pump()
        {
            bool busy = true;
            while (busy)
            {
                busy = false;
                foreach ((RaftNode node, MemoryLog log) in _members)
                {
                    while (node.HasReady)
                    {
                        busy = true;
                        foreach (RaftMessage message in node.TakeReady().Messages)
                        {
                            Handle(message, log);
                        }
                    }
                }
            }
        }

        public void Compact()
        {
            foreach ((RaftNode node, MemoryLog log) in _members)
            {
                log.ReleaseAttachments(node.Applied);
                log.Compact(node.Applied - CatchUpEntries);
            }
        }

        private void Handle(RaftMessage message, MemoryLog log)
        {
            if (message.To is not (RaftMessage.LocalAppendThread or RaftMessage.LocalApplyThread))
            {
                _members[(int)message.To - 1].Node.Step(message);
                return;
            }

            if (message.To == RaftMessage.LocalAppendThread)
            {
                log.Append(message.Entries.Span);
            }

            foreach (RaftMessage response in message.Responses)
            {
                _members[(int)response.To - 1].Node.Step(response);
            }
        }
    }
}
