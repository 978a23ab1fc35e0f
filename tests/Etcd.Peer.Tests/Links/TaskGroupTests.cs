using Etcd.Peer.Links;

namespace Etcd.Peer.Tests.Links;

/// <summary>Work of the transport and its stop.</summary>
public class TaskGroupTests
{
    // Work that is refused because the stop has begun must not be waited for: however the two meet, the stop ends.
    [Fact(Timeout = 30_000)]
    public async Task DisposeAsync_WhileWorkIsBeingStarted_EndsAndRunsNothingAfterwards()
    {
        for (int round = 0; round < 300; round++)
        {
            var group = new TaskGroup();
            int running = 0;
            using var began = new ManualResetEventSlim();
            Task starter = Task.Run(() =>
            {
                while (group.TryRun(() =>
                {
                    Interlocked.Increment(ref running);
                    Interlocked.Decrement(ref running);
                    return Task.CompletedTask;
                }))
                {
                    began.Set();
                }
            }, TestContext.Current.CancellationToken);
            began.Wait(TestContext.Current.CancellationToken);

            await group.DisposeAsync();

            Assert.Equal(0, Volatile.Read(ref running));
            await starter;
        }
    }
}
