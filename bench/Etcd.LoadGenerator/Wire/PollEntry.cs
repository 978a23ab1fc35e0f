using System.Runtime.InteropServices;

namespace Etcd.LoadGenerator.Wire;

/// <summary>The system's <c>struct pollfd</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollEntry
{
    public int FileDescriptor;
    public short Asked;
    public short Answered;
}
