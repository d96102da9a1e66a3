/** `dingbus replay` over files and git revisions, as a person at a terminal runs it. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordedLine } from '../../../src/events/recorded.ts';
import { run, type Ran } from './command.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dingbus-replay-'));
  write('now', '', 'data.n >= 3', 'n is {{ data.n }}');
  write('new', '', 'data.n >= 2', 'n is {{ data.n }}');
  writeFileSync(
    join(folder, 'events.jsonl'),
    [1, 2, 3]
      .map((n) => JSON.stringify({ topic: 'numbers', time: '2026-03-02T09:30:00Z', data: { n } }))
      .join('\n'),
  );
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(name: string, main: string, when: string, text: string): void {
  mkdirSync(join(folder, name, 'routes'), { recursive: true });
  writeFileSync(
    join(folder, name, 'dingbus.yaml'),
    `kafka: { brokers: "127.0.0.1:1" }
store: "sqlite:${join(folder, 'ledger.db')}"
results: { format: json }
dingtalk: { apps: { default: { app_key: key, app_secret: "\${NOPE:-none}", agent_id: 1 } } }
topics: { numbers: {} }
${main}`,
  );
  writeFileSync(
    join(folder, name, 'routes/a.yaml'),
    `routes:
  - { name: r, on: numbers, when: ${when}, to: { userids: [u1] }, message: { text: { content: "${text}" } } }
`,
  );
}

function replay(...args: string[]): Promise<Ran> {
  return run('replay', '--config', join(folder, 'now'), ...args);
}

const file = (): string => join(folder, 'events.jsonl');
const against = (): string[] => ['--file', file(), '--against', join(folder, 'new')];

describe('a folder', () => {
  it('is what may come: only the differences are printed, and nothing is written', async () => {
    const before = readdirSync(folder);
    const { code, out, err } = await replay(...against());
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^before {2}\S+\/now {2}[0-9a-f]{12}\nafter {3}\S+\/new {2}[0-9a-f]{12}\n/);
    expect(out).toContain('+ r  numbers (no type) numbers 0/2\n    sent → 1 person\n        text: n is 2\n');
    expect(out).toContain('before: when: data.n >= 3 is false');
    expect(out).toContain('3 events: 1 added, 0 gone, 0 changed');
    expect(out).toMatch(/messages sent +1 +2 +\+1/);
    expect(out).not.toContain('n is 3');
    expect(readdirSync(folder)).toEqual(before);
  });

  it('says so when nothing would change', async () => {
    const { code, out } = await replay(
      '--file',
      file(),
      '--against',
      join(folder, 'now'),
      '--fail-on-change',
    );
    expect(code).toBe(0);
    expect(out).toContain('3 events: nothing would change');
  });

  it('can be compared the other way round, and a change can be a failure', async () => {
    const { code, out } = await replay(...against(), '--reverse', '--fail-on-change');
    expect(code).toBe(1);
    expect(out).toContain('- r  numbers');
    expect(out).toContain('after: when: data.n >= 3 is false');
  });

  it('prints as many examples as are wanted, and counts all', async () => {
    write('new', '', 'data.n >= 1', 'other {{ data.n }}');
    const { out } = await replay(...against(), '--examples', '1');
    expect(out.match(/^\+ r/gm)).toHaveLength(1);
    expect(out).toContain('… and 1 more');
    expect(out).toContain('    message.text.content: n is 3 → other 3');
    expect((await replay(...against(), '--examples', 'all')).out.match(/^\+ r/gm)).toHaveLength(2);
  });

  it('gives programs one JSON document', async () => {
    const { code, out } = await replay(...against(), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      before: { configuration: join(folder, 'now') },
      after: { configuration: join(folder, 'new') },
      differences: [
        {
          subject: 'notification',
          change: 'added',
          route: 'r',
          event: { topic: 'numbers', id: '0/2', time: '2026-03-02T09:30:00.000Z' },
          before: null,
          after: { fate: 'sent', people: 1, message: { msgtype: 'text', text: { content: 'n is 2' } } },
          why: 'when: data.n >= 3 is false',
          changes: [],
        },
      ],
      summary: {
        records: 3,
        before: { sent: 1, calls: 1 },
        after: { sent: 2, people: 1, recipients: 2, broadcasts: 0 },
        differences: { added: 1, gone: 0, changed: 0 },
      },
    });
    const none = await replay('--file', file(), '--against', join(folder, 'now'), '--json');
    expect((JSON.parse(none.out) as { differences: unknown[] }).differences).toEqual([]);
  });

  it('with a fault is told with its faults', async () => {
    write('new', '', 'data.n >=', 'x');
    const { code, out, err } = await replay(...against());
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('new/routes/a.yaml:2:');
    expect(err).toContain('expression_syntax');
  });
});

describe('what was recorded', () => {
  it('may be records with their bytes, exported dead letters, or events by hand, all in one file', async () => {
    const value = Buffer.from('{"n":2}');
    const record = {
      topic: 'numbers',
      partition: 1,
      offset: 2n ** 60n,
      timestamp: 1772415000000,
      key: null,
      value,
    };
    const headers = [
      { key: 'ce_id', value: Buffer.from('ce-7') },
      { key: 'ce_source', value: Buffer.from('/s') },
      { key: 'x', value: null },
    ];
    const line = recordedLine({ ...record, headers });
    const dead = `{"id":"dlq_1","topic":"numbers","partition":1,"offset":"5","record":{"key_base64":null,"value_base64":"${value.toString('base64')}","headers":[]}}`;
    writeFileSync(file(), `${line}\r\n\n${dead}\n{"data":{"n":2},"meta":{"topic":"numbers","id":"by hand"}}`);
    const { code, out } = await replay(...against());
    expect(code).toBe(0);
    expect(out).toContain('+ r  numbers (no type) /s ce-7\n');
    expect(out).toContain('+ r  numbers (no type) numbers 1/5\n');
    expect(out).toContain('+ r  numbers (no type) numbers by hand\n');
  });

  it('is read by each side as that side reads it, topics by pattern included', async () => {
    const value = (n: number): string => Buffer.from(`{"n":${n}}`).toString('base64');
    writeFileSync(file(), [3, 4].map((n) => `{"topic":"numbers","value_base64":"${value(n)}"}`).join('\n'));
    for (const [name, reading] of [
      ['now', '{}'],
      ['new', `{ id: '"the same"' }`],
    ] as const) {
      write(name, '', 'data.n >= 3', 'n');
      const main = join(folder, name, 'dingbus.yaml');
      writeFileSync(main, readFileSync(main, 'utf8').replace('{ numbers: {} }', `{ "num*": ${reading} }`));
    }
    const { code, out } = await replay(...against());
    expect(code).toBe(0);
    expect(out).toContain('2 events: 0 added, 1 gone, 0 changed');
    expect(out).toMatch(/repeated events +0 +1 +\+1/);
  });

  it('is read in spite of lines that are no events, which are told and make it fail', async () => {
    const bad = [
      '{"data":',
      '[]',
      '{"data":1}',
      '{"topic":"numbers"}',
      '{"topic":"numbers","value_base64":"?"}',
    ];
    writeFileSync(file(), [...bad, '{"topic":"numbers","data":{"n":2}}'].join('\n'));
    const { code, out, err } = await replay(...against());
    expect(code).toBe(1);
    expect(out).toContain('1 event: 1 added');
    expect(
      err
        .trim()
        .split('\n')
        .map((line) => line.replace(/^.*events.jsonl:/, '')),
    ).toEqual([
      '1: not valid JSON',
      '2: an event is an object with the key data',
      '3: the event names no topic',
      '4: the event has no data',
      '5: key_base64 and value_base64 must be base 64 or null',
    ]);
  });

  it.each([
    [['--file', 'events.jsonl'], 'name the other configuration'],
    [['--against', 'x'], 'name recorded events'],
    [['--against', 'x', '--file', 'f', '--topic', 't'], 'exclude each other'],
    [['--against', 'x', '--file', 'f', '--since', '2h'], 'need --topic'],
    [['--against', 'x', '--topic', 't', '--from-offset', '-1'], 'Write an offset'],
    [['--against', 'no/such/place', '--file', 'f'], 'is no file or folder, and no revision either'],
  ])('%s is used wrongly', async (args, message) => {
    const { code, err } = await replay(...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it('that is not there is a fault', async () => {
    const { code, err } = await replay('--file', join(folder, 'nope'), '--against', join(folder, 'new'));
    expect(code).toBe(1);
    expect(err).toContain('ENOENT');
  });
});

describe('a git revision', () => {
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
      cwd: folder,
      stdio: 'pipe',
    }).toString();

  beforeEach(() => {
    git('init', '-q');
    writeFileSync(join(folder, '.gitignore'), '*.secret\n');
    write(
      'now',
      'groups: ../people/*.yaml\nserver: { admin_token: { file: token.secret } }\n',
      'data.n >= 3',
      'n is {{ data.n }}',
    );
    mkdirSync(join(folder, 'people'));
    writeFileSync(join(folder, 'people/all.yaml'), 'groups: { all: { userids: [u1] } }\n');
    writeFileSync(join(folder, 'now/token.secret'), 'secret');
    git('add', '.');
    git('commit', '-qm', 'first');
  });

  it('is what was: the working tree is compared with it, files beside the folder and ignored secrets included', async () => {
    write(
      'now',
      'groups: ../people/*.yaml\nserver: { admin_token: { file: token.secret } }\n',
      'data.n >= 2',
      'n is {{ data.n }}',
    );
    // What is new since then does not exist in the revision, though it lies on the disk.
    writeFileSync(
      join(folder, 'now/routes/b.yaml'),
      'routes: [{ name: fresh, on: numbers, to: { userids: [u2] }, message: { text: { content: y } } }]\n',
    );
    const { code, out, err } = await replay('--file', file(), '--against', 'HEAD');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^before {2}HEAD \([0-9a-f]{12}\)/);
    expect(out).toContain('3 events: 4 added, 0 gone, 0 changed');
    expect(out).toContain('before: there is no such route');
    expect(git('status', '--porcelain').trim().split('\n')).toEqual([
      'M now/routes/a.yaml',
      '?? now/routes/b.yaml',
    ]);
  });

  it('may have the configuration at another place, and behind links', async () => {
    write('now', '', 'data.n >= 3', 'n is {{ data.n }}');
    symlinkSync('now', join(folder, 'old'));
    git('add', '.');
    git('commit', '-qm', 'links');
    rmSync(join(folder, 'old'));
    const { code, out } = await replay('--file', file(), '--against', `HEAD:${join(folder, 'old')}`);
    expect(code).toBe(0);
    expect(out).toContain('nothing would change');
  });

  it('that does not exist, or has no such file, is told', async () => {
    const unknown = await replay('--file', file(), '--against', 'no-such-branch');
    expect([unknown.code, unknown.err.includes('git knows no revision no-such-branch')]).toEqual([2, true]);
    const nowhere = await replay('--file', file(), '--against', 'HEAD:nowhere');
    expect([nowhere.code, nowhere.err.includes('there is no such file')]).toEqual([1, true]);
  });
});

it('never touches the ledger', async () => {
  await replay(...against());
  expect(existsSync(join(folder, 'ledger.db'))).toBe(false);
});
