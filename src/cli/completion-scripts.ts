/**
 * One script a shell. They only ask `eso __complete`, which reads the table of commands, so that they never
 * grow old; `:files` and `:folders` as its only answer leave the word to the shell.
 */
export const COMPLETION_SCRIPTS = {
  bash: String.raw`# eso completion for bash
_eso() {
  local cur=${"$"}{COMP_WORDS[COMP_CWORD]} line
  local -a lines=()
  COMPREPLY=()
  mapfile -t lines < <(eso __complete -- "${"$"}{COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  case "${"$"}{lines[0]-}" in
    :files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    :folders) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
  esac
  for line in "${"$"}{lines[@]}"; do COMPREPLY+=("${"$"}{line%%$'\t'*}"); done
}
complete -F _eso eso
`,
  zsh: String.raw`#compdef eso
_eso() {
  local line
  local -a lines values
  lines=("${"$"}{(@f)$(eso __complete -- "${"$"}{(@)words[2,CURRENT]}" 2>/dev/null)}")
  case "$lines[1]" in
    :files) _files; return ;;
    :folders) _files -/; return ;;
    '') return 1 ;;
  esac
  for line in "${"$"}{lines[@]}"; do
    values+=("${"$"}{${"$"}{line%%$'\t'*}//:/\\:}:${"$"}{line#*$'\t'}")
  done
  _describe -t eso eso values
}
if [ "$funcstack[1]" = "_eso" ]; then _eso "$@"; else compdef _eso eso; fi
`,
  fish: String.raw`# eso completion for fish
function __eso_complete
    set -l words (commandline -opc)
    set -l lines (eso __complete -- $words[2..] (commandline -ct) 2>/dev/null)
    switch "$lines[1]"
        case ':files'
            __fish_complete_path (commandline -ct)
        case ':folders'
            __fish_complete_directories (commandline -ct)
        case '*'
            printf '%s\n' $lines
    end
end
complete -c eso -f -a '(__eso_complete)'
`,
  pwsh: String.raw`# eso completion for PowerShell
Register-ArgumentCompleter -Native -CommandName eso -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  if ($wordToComplete -eq '') { $words += '' }
  eso __complete -- @words 2>$null | Where-Object { $_ -notlike ':*' } | ForEach-Object {
    $value, $says = $_ -split "${"`"}t", 2
    if (-not $says) { $says = $value }
    [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $says)
  }
}
`,
} as const;
