namespace Etcdctl.Completion;

/// <summary>What shells load to complete the words of a program. Each asks the program itself, so that it never falls behind it.</summary>
/// <remarks>etcdctl and etcdutl compile this one file: both answer in the same words.</remarks>
internal static class CompletionScripts
{
    /// <summary>Fills a script in.</summary>
    /// <param name="script">One of those below.</param>
    /// <param name="program">The program's name.</param>
    /// <param name="asked">The word it asks the program with.</param>
    public static string For(string script, string program, string asked) =>
        script.Replace("PROGRAM", program, StringComparison.Ordinal).Replace("COMPLETE", asked, StringComparison.Ordinal);

    /// <summary>For bash; needs nothing but bash.</summary>
    public const string Bash = """
        # bash completion for PROGRAM

        _PROGRAM() {
            local line directive=0 candidates=()
            while IFS= read -r line; do
                case $line in
                    :[0-9]*) directive=${line#:} ;;
                    *) candidates+=("$line") ;;
                esac
            done < <("${COMP_WORDS[0]}" COMPLETE "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)

            COMPREPLY=()
            if [ ${#candidates[@]} -gt 1 ] && [ "${COMP_TYPE:-9}" -ne 9 ]; then
                # The list that is shown, not what is typed: descriptions may follow.
                for line in "${candidates[@]}"; do
                    COMPREPLY+=("$(printf '%-28s %s' "${line%%$'\t'*}" "$(case $line in *$'\t'*) echo "(${line#*$'\t'})" ;; esac)")")
                done
            else
                for line in "${candidates[@]}"; do
                    COMPREPLY+=("${line%%$'\t'*}")
                done
            fi

            if [ "$directive" -ne 0 ] && type compopt >/dev/null 2>&1; then
                compopt +o default 2>/dev/null
            fi
        }

        complete -o default -F _PROGRAM PROGRAM

        """;

    /// <summary>For zsh.</summary>
    public const string Zsh = """
        #compdef PROGRAM
        # zsh completion for PROGRAM

        _PROGRAM() {
            local -a candidates
            local line directive=0
            while IFS= read -r line; do
                if [[ $line == :<-> ]]; then
                    directive=${line#:}
                else
                    line=${line//:/\\:}
                    candidates+=("${line/$'\t'/:}")
                fi
            done < <("${words[1]}" COMPLETE "${(@)words[2,CURRENT]}" 2>/dev/null)

            if (( ${#candidates} )); then
                _describe PROGRAM candidates
            elif (( directive == 0 )); then
                _files
            fi
        }

        compdef _PROGRAM PROGRAM

        """;

    /// <summary>For fish.</summary>
    public const string Fish = """
        # fish completion for PROGRAM

        function __PROGRAM_ask
            set -l words (commandline -opc) (commandline -ct)
            $words[1] COMPLETE $words[2..-1] 2>/dev/null
        end

        function __PROGRAM_candidates
            __PROGRAM_ask | string match -v -r '^:\d+$'
        end

        function __PROGRAM_takes_files
            __PROGRAM_ask | string match -q ':0'
        end

        complete -c PROGRAM -f -a '(__PROGRAM_candidates)'
        complete -c PROGRAM -n __PROGRAM_takes_files -F

        """;

    /// <summary>For PowerShell.</summary>
    public const string PowerShell = """
        # PowerShell completion for PROGRAM

        Register-ArgumentCompleter -Native -CommandName 'PROGRAM' -ScriptBlock {
            param($wordToComplete, $commandAst, $cursorPosition)
            $words = @($commandAst.CommandElements | ForEach-Object { $_.ToString() })
            $before = @($words | Select-Object -Skip 1)
            if ($wordToComplete -ne '') { $before = @($before | Select-Object -SkipLast 1) }
            & $words[0] COMPLETE @before "$wordToComplete" 2>$null | Where-Object { $_ -notmatch '^:\d+$' } | ForEach-Object {
                $name, $description = $_ -split "`t", 2
                if (-not $description) { $description = $name }
                [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $description)
            }
        }

        """;
}
