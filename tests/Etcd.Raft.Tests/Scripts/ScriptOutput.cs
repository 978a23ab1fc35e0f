using System.Text;

namespace Etcd.Raft.Tests.Scripts;

/// <summary>Log levels of the scripts; <see cref="None"/> hides everything.</summary>
internal enum ScriptLogLevel
{
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
    None,
}

/// <summary>What a script command prints: log lines of the nodes and lines of the commands, in the order they happen.</summary>
internal sealed class ScriptOutput
{
    private StringBuilder _text = new();

    public ScriptLogLevel Level { get; set; }

    public bool IsQuiet => Level == ScriptLogLevel.None;

    public void Write(string text)
    {
        if (!IsQuiet)
        {
            _text.Append(text);
        }
    }

    public void WriteLine(string text) => Write(text + "\n");

    public void Log(ScriptLogLevel level, string text)
    {
        if (level >= Level)
        {
            WriteLine($"{level.ToString().ToUpperInvariant()} {text}");
        }
    }

    /// <summary>Indents what <paramref name="action"/> prints.</summary>
    public void Indented(Action action)
    {
        StringBuilder outer = _text;
        _text = new StringBuilder();
        action();
        string inner = _text.ToString().TrimEnd('\n');
        _text = outer;
        if (inner.Length > 0)
        {
            foreach (string line in inner.Split('\n'))
            {
                Write($"  {line}\n");
            }
        }
    }

    /// <summary>Takes what was printed.</summary>
    public string Take()
    {
        string text = _text.ToString();
        _text.Clear();
        return text;
    }
}
