namespace Etcdctl.V2;

/// <summary>A flag of a command, or of all.</summary>
/// <param name="Name">Its name, without dashes.</param>
/// <param name="Kind">What it takes.</param>
/// <param name="Usage">Its line of help.</param>
/// <param name="Alias">Another name; empty for none.</param>
/// <param name="Default">Its value when it is not given.</param>
/// <param name="Placeholder">What help shows for its value.</param>
/// <param name="Variable">Environment variable that gives it a value; empty for none.</param>
internal sealed record V2Flag(
    string Name, V2FlagKind Kind, string Usage, string Alias = "", string Default = "", string Placeholder = "value", string Variable = "")
{
    /// <summary>The names as help shows them.</summary>
    public string Title
    {
        get
        {
            string value = Kind == V2FlagKind.Switch ? "" : " " + Placeholder;
            return Dashed(Name) + value + (Alias.Length == 0 ? "" : ", " + Dashed(Alias) + value);
        }
    }

    /// <summary>The line of help with the default.</summary>
    public string Description => Kind switch
    {
        V2FlagKind.Text when Default.Length > 0 => $"{Usage} (default: \"{Default}\")",
        V2FlagKind.Number or V2FlagKind.Duration => $"{Usage} (default: {Default})",
        _ => Usage,
    };

    private static string Dashed(string name) => (name.Length == 1 ? "-" : "--") + name;
}
