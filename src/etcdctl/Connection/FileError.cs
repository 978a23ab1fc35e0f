namespace Etcdctl.Connection;

/// <summary>File errors in the words of the system.</summary>
internal static class FileError
{
    public static string Describe(Exception failure) => failure switch
    {
        FileNotFoundException or DirectoryNotFoundException => "no such file or directory",
        UnauthorizedAccessException => "permission denied",
        _ => failure.Message,
    };
}
