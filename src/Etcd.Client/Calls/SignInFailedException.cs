namespace Etcd.Client.Calls;

/// <summary>Stands below the error of a call that failed because signing in did.</summary>
internal sealed class SignInFailedException(Exception cause) : Exception("sign-in failed", cause);
