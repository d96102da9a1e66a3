import type { Command } from 'commander';

/** Command lines that people come back for, by command; each ends the command's `--help`. */
export const examples: Readonly<Record<string, readonly (readonly [line: string, what: string])[]>> = {
  run: [
    ['dingbus run --config /etc/dingbus', 'the service, with the files of that folder'],
    ['dingbus run --pretty', 'with a log for people'],
  ],
  lint: [
    ['dingbus lint', 'every fault of ./config'],
    ['dingbus lint --github config', 'as annotations in a pull request'],
  ],
  test: [['dingbus test --config config', 'the cases beside the routes']],
  explain: [
    ['dingbus explain --event event.json', 'who would be told what, and why'],
    ['kcat -C -t shop.orders -c 1 | jq "{data: .}" | dingbus explain --event -', 'for a record of a topic'],
  ],
  render: [['dingbus render --template refund-approval --event event.json', 'the message alone']],
  replay: [
    [
      'dingbus replay --against main --topic shop.orders --since 1d',
      'what has changed since that git revision',
    ],
    ['dingbus replay --against new-config --file events.jsonl --fail-on-change', 'for a pull request'],
  ],
  status: [
    ['dingbus status', 'quotas, backlog and what is held'],
    ['dingbus status --json', 'for a script'],
  ],
  'deliveries list': [
    ['dingbus deliveries list --status failed --since 2h', 'what failed lately'],
    ['dingbus deliveries list --search order-4711', 'by any id, userid or correlation key'],
    ['dingbus deliveries list --held', 'what waits for a person'],
  ],
  'deliveries show': [
    ['dingbus deliveries show ntf_0mif8s4w1_x7rlrqlsdx2oxjegfy7epcbews', 'the history of one notification'],
  ],
  'deliveries resolve': [
    [
      'dingbus deliveries resolve dlv_aynhwewry4tu5lrwot7jpgwned --sent --note "seen by Lin"',
      'it did arrive',
    ],
  ],
  recall: [
    ['dingbus recall ntf_0mif8s4w1_x7rlrqlsdx2oxjegfy7epcbews', 'one notification'],
    ['dingbus recall --route price-list --since 30m', 'all of a route; asks first'],
  ],
  pause: [
    ["dingbus pause --all --note 'wrong price list'", 'the stop button'],
    ['dingbus pause --route price-list --for 30m', 'one route, for half an hour'],
  ],
  resume: [['dingbus resume --all', 'what waited goes out']],
  'dlq list': [['dingbus dlq list --route refund-approval --since 1d', 'the dead letters of a route']],
  'dlq show': [['dingbus dlq show dlq_y2v5bufuusaegz2qvh5h2ce4yv', 'one with its record']],
  'dlq export': [['dingbus dlq export --raw --output letters.jsonl', 'with the original bytes']],
  'dlq redrive': [['dingbus dlq redrive dlq_y2v5bufuusaegz2qvh5h2ce4yv', 'once the cause is mended']],
  send: [
    ['dingbus send --to-mobiles 13800001101 --text "hello" --dry-run', 'see the message first'],
    ['dingbus send --to-userids zhangsan,lisi --title Report --markdown "**done**"', 'to two people'],
  ],
  'media upload': [['dingbus media upload logo.png --type image', 'prints the media id']],
  user: [['dingbus user 13800001101', 'whose number it is']],
  simulator: [
    ['dingbus simulator', 'http://127.0.0.1:8090 shows every inbox'],
    ['dingbus simulator --generate 10000 --limits off', 'for load tests'],
  ],
  completion: [
    ['source <(dingbus completion bash)', 'in this shell; in ~/.bashrc for all'],
    ['dingbus completion zsh > "${fpath[1]}/_dingbus"', 'for zsh'],
    ['dingbus completion fish > ~/.config/fish/completions/dingbus.fish', 'for fish'],
  ],
};

/** Puts the examples and the exit codes below every command's help. */
export function addHelp(program: Command): void {
  for (const [path, command] of commandsOf(program)) {
    const lines = examples[path] ?? [];
    if (lines.length === 0) continue;
    const shown = lines.map(([line, what]) => `  $ ${line}\n      ${what}`).join('\n');
    command.addHelpText('after', `\nExamples:\n${shown}\n\nExit codes: 0 good, 1 found faults, 2 wrong use.`);
  }
}

/** Every command with its words after `dingbus`, groups included. */
export function commandsOf(command: Command, path: readonly string[] = []): [string, Command][] {
  return command.commands.flatMap((each): [string, Command][] => {
    const words = [...path, each.name()];
    return [[words.join(' '), each], ...commandsOf(each, words)];
  });
}
