using System.ComponentModel;
using Etcdctl.Text;

namespace Etcdctl.Commands;

/// <summary>Why a user's program could not be started, in the words of Go.</summary>
internal static class ProgramError
{
    private const int NoSuchFile = 2;

    public static string Describe(Win32Exception failure, string program) => program.Contains('/', StringComparison.Ordinal)
        ? $"fork/exec {program}: {(failure.NativeErrorCode == NoSuchFile ? "no such file or directory" : failure.Message)}"
        : $"exec: {GoText.Quote(program)}: executable file not found in $PATH";
}
