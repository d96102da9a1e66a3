import { Argument, type Command } from 'commander';
import { commandsOf } from './examples.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a script that completes commands and options in a shell')
    .addArgument(new Argument('<shell>', 'whose language it is').choices(shells))
    .action((shell: (typeof shells)[number]) => {
      process.stdout.write(scripts[shell](wordsOf(program)));
    });
}

/** What may follow, by the command's words so far (`''`: `dingbus` itself). */
type Words = ReadonlyMap<string, readonly Word[]>;

interface Word {
  readonly text: string;
  readonly what: string;
}

function wordsOf(program: Command): Words {
  const global = optionsOf(program);
  return new Map(
    [['', program] as const, ...commandsOf(program)].map(([path, command]) => [
      path,
      [
        ...command.commands.map((each) => ({ text: each.name(), what: each.description() })),
        ...command.registeredArguments.flatMap((argument) =>
          (argument.argChoices ?? []).map((text) => ({ text, what: argument.description })),
        ),
        ...(path === '' ? [] : optionsOf(command)),
        ...global,
      ],
    ]),
  );
}

function optionsOf(command: Command): Word[] {
  const words = command.options.flatMap(({ long, description }) =>
    long == null ? [] : [{ text: long, what: description }],
  );
  return [...words, { text: '--help', what: 'how the command is used' }];
}

const scripts: Readonly<Record<(typeof shells)[number], (words: Words) => string>> = {
  bash: (words) => `# Bash completion for dingbus: source <(dingbus completion bash)
_dingbus() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} path='' word
  case $previous in
    -c|--config|-e|--event|--file|--image|--message|--directory|--snapshot|--output) compopt -o default; COMPREPLY=(); return ;;
  esac
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
${cases(words)}
    esac
  done
  case $path in
${[...words].map(([path, all]) => `    '${path}') COMPREPLY=($(compgen -W '${all.map(({ text }) => text).join(' ')}' -- "$current")) ;;`).join('\n')}
  esac
}
complete -o default -F _dingbus dingbus
`,
  zsh: (words) => `#compdef dingbus
# Zsh completion for dingbus: dingbus completion zsh > "\${fpath[1]}/_dingbus"
_dingbus() {
  local path='' word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$path $word" in
${cases(words)}
    esac
  done
  local -a candidates
  case $path in
${[...words].map(([path, all]) => `    '${path}') candidates=(${all.map(({ text, what }) => quoted(`${text.replaceAll(':', '\\:')}:${what}`)).join(' ')}) ;;`).join('\n')}
  esac
  _describe 'dingbus' candidates
  _files
}
if [ "$funcstack[1]" = "_dingbus" ]; then _dingbus "$@"; else compdef _dingbus dingbus; fi
`,
  fish: (
    words,
  ) => `# Fish completion for dingbus: dingbus completion fish > ~/.config/fish/completions/dingbus.fish
function __dingbus_path
  set -l path ''
  for word in (commandline -opc)[2..-1]
    switch "$path $word"
${[...words.keys()]
  .filter((path) => path !== '')
  .map((path) => `      case '${pathPattern(path)}'\n        set path '${path}'`)
  .join('\n')}
    end
  end
  echo $path
end
${[...words]
  .flatMap(([path, all]) =>
    all.map(({ text, what }) => {
      const kind = text.startsWith('--') ? `-l ${text.slice(2)}` : `-f -a ${text}`;
      return `complete -c dingbus -n 'test "(__dingbus_path)" = "${path}"' ${kind} -d ${quoted(what)}`;
    }),
  )
  .join('\n')}
`,
};

/** The words so far, joined to the next: `deliveries list` is reached from `deliveries` by `list`. */
function pathPattern(path: string): string {
  return path.includes(' ') ? path : ` ${path}`;
}

function cases(words: Words): string {
  return [...words.keys()]
    .filter((path) => path !== '')
    .map((path) => `      '${pathPattern(path)}') path='${path}' ;;`)
    .join('\n');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`;
}
