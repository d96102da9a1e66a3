import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { commandsOf, examples } from '../../../src/cli/examples.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { run } from './command.ts';

const program = await createProgram([], () => undefined);
const commands = new Map(commandsOf(program));
const leaves = [...commands].filter(([, command]) => command.commands.length === 0).map(([path]) => path);
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe('--help', () => {
  it.each(leaves)('of %s shows how it is used', (path) => {
    expect(examples[path]?.length).toBeGreaterThan(0);
  });

  it('has examples of commands that exist alone, with options that they take', () => {
    const global = program.options.flatMap(({ long }) => long ?? []);
    const wrong = Object.entries(examples).flatMap(([path, lines]) => {
      const known = [...(commands.get(path)?.options.flatMap(({ long }) => long ?? []) ?? []), ...global];
      return lines.flatMap(([line]) => {
        const own = line.slice(line.indexOf('dingbus'));
        const used = [...own.matchAll(/ (--[\w-]+)/g)].map((match) => match[1]!);
        const begins = own.startsWith(`dingbus ${path}`);
        return begins && used.every((option) => known.includes(option)) ? [] : [line];
      });
    });
    expect(wrong).toEqual([]);
  });
});

describe('a command line', () => {
  const names = async (...args: string[]): Promise<string[]> =>
    (await createProgram(args, () => undefined)).commands.map((command) => command.name());

  it('has the commands that it names loaded, and no others', async () => {
    expect(await names('--config', 'c', 'lint', '--json')).toEqual(['lint']);
    expect(await names('lint', '--help')).toEqual(['lint']);
    expect(await names('resume', 'app', 'default')).toEqual(['pause', 'resume']);
  });

  it.each([[[]], [['--help', 'lint']], [['help', 'lint']], [['-h']], [['lnit']], [['completion', 'zsh']]])(
    'has all of them where all may be told of: %j',
    async (args) => {
      expect(await names(...args)).toEqual(program.commands.map((command) => command.name()));
    },
  );
});

async function script(shell: string): Promise<string> {
  const { out } = await run('completion', shell);
  const folder = mkdtempSync(join(tmpdir(), 'dingbus-completion-'));
  folders.push(folder);
  const path = join(folder, `dingbus.${shell}`);
  writeFileSync(path, out);
  return path;
}

const installed = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0;

describe('completion', () => {
  it.skipIf(!installed('bash'))('in bash offers commands, their options, and choices', async () => {
    const path = await script('bash');
    const offered = (...words: string[]): string[] => {
      const lines = [
        `source ${path}`,
        `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}`,
        '_dingbus; echo "${COMPREPLY[*]}"',
      ];
      return execFileSync('bash', ['-c', lines.join('\n')], { encoding: 'utf8' })
        .trim()
        .split(' ');
    };
    expect(offered('dingbus', 'd')).toEqual(['deliveries', 'dlq']);
    expect(offered('dingbus', 'deliveries', '')).toEqual(
      expect.arrayContaining(['list', 'show', 'resolve', '--json']),
    );
    expect(offered('dingbus', '--json', 'deliveries', 'list', '--st')).toEqual(['--status', '--state']);
    expect(offered('dingbus', 'completion', 'z')).toEqual(['zsh']);
  });

  it.each(['zsh', 'fish'])('in %s is a script that the shell can read', async (shell) => {
    const path = await script(shell);
    // Where the shell is not installed nobody can read the script; bash, which is everywhere, tells about the rest.
    if (!installed(shell)) return;
    expect(spawnSync(shell, ['-n', path], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });
});
