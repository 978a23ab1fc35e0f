namespace Etcd.Hosting.Discovery;

/// <summary>Who has registered at a discovery service.</summary>
/// <param name="Members">Id and addresses (<c>name=url,name=url</c>), first come first.</param>
/// <param name="Revision">Revision of the service that the list is as of.</param>
internal sealed record Registrations(IReadOnlyList<(string Id, string Value)> Members, long Revision);
