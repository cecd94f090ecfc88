import { Argument, Command } from 'commander';
import type { Edge } from '../edge.ts';
import { COMPLETE } from './complete.ts';

/** `completion SHELL`: prints what that shell reads. It asks the program itself, so that it is never out of date. */
export function completionCommand(program: string, { print }: Pick<Edge, 'print'>): Command {
  const name = `_${program.replaceAll(/\W/g, '_')}_complete`;
  return new Command('completion')
    .description('print what a shell reads so that it completes this command')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SCRIPTS)))
    .action((shell: keyof typeof SCRIPTS) => print(SCRIPTS[shell](program, name)));
}

/** bash 3.2 has no compopt, and takes `=` for the beginning of a word. */
function bash(program: string, name: string): string {
  return `# bash completion of ${program}: source <(${program} completion bash)
${name}() {
  local line="\${COMP_LINE:0:COMP_POINT}" current before='' out directive value _
  local -a words
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  current="\${words[\${#words[@]}-1]}"
  [[ $current == -*=* && $COMP_WORDBREAKS == *=* ]] && before="\${current%%=*}="
  COMPREPLY=()
  out="$("\${words[0]}" ${COMPLETE} "\${words[@]:1}" 2>/dev/null)" || return
  directive="\${out##*:}"
  while IFS=$'\\t' read -r value _; do
    [[ -n $value && $value != ":$directive" ]] && COMPREPLY+=("\${value#"$before"}")
  done <<<"$out"
  if ((\${#COMPREPLY[@]} == 0 && directive == 0)); then
    type compopt &>/dev/null && compopt -o filenames
    while read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "\${current#"$before"}")
  fi
}
complete -F ${name} ${program}
`;
}

function zsh(program: string, name: string): string {
  return `#compdef ${program}
# zsh completion of ${program}: source <(${program} completion zsh), or in a directory of $fpath as _${program}
${name}() {
  local -a lines candidates
  local line value
  lines=("\${(@f)$("\${words[1]}" ${COMPLETE} "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "\${(@)lines[1,-2]}"; do
    value="\${line%%$'\\t'*}"
    candidates+=("\${value//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( $#candidates )); then
    _describe ${program} candidates
  elif [[ $lines[-1] == ':0' ]]; then
    compset -P '*='
    _files
  fi
}
if [[ $funcstack[1] == _${program} ]]; then
  ${name} "$@"
else
  compdef ${name} ${program}
fi
`;
}

function fish(program: string, name: string): string {
  return `# fish completion of ${program}: ${program} completion fish | source
function ${name}
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l lines ($words[1] ${COMPLETE} $words[2..-1] "$current" 2>/dev/null)
  set -l directive $lines[-1]
  set -e lines[-1]
  if test (count $lines) -gt 0
    printf '%s\\n' $lines
  else if test "$directive" = ':0'
    __fish_complete_path (string replace -r '^-[^=]*=' '' -- "$current")
  end
end
complete -c ${program} -f -a '(${name})'
`;
}

const SCRIPTS = { bash, zsh, fish } as const;
