import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { memoryFiles } from '../../fakes/memory-files.ts';

const main = `
kafka: { brokers: "kafka-1:9092, kafka-2:9092" }
dingtalk: { apps: { default: { app_key: key, app_secret: "\${SECRET}", agent_id: "\${AGENT:-12}" } } }
results: { format: json }
topics: { orders: {} }
`;
const routes = `
routes:
  - name: a
    on: orders
    to: { userids: [u1] }
    message: { text: { content: x } }
`;

function load(files: Record<string, string>, env: Record<string, string> = { SECRET: 's3cret' }) {
  return loadConfig({
    path: 'c',
    env,
    files: memoryFiles({ 'c/dingbus.yaml': main, 'c/routes/a.yaml': routes, ...files }),
  });
}

function good(files: Record<string, string>, env?: Record<string, string>) {
  const result = load(files, env);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.config;
}

describe('loadConfig', () => {
  it('gives units, defaults and numbers from variables', () => {
    const config = good({});
    expect(config.kafka.brokers).toEqual(['kafka-1:9092', 'kafka-2:9092']);
    expect(config.kafka.sessionTimeoutMs).toBe(10_000);
    expect(config.dingtalk.apps.get('default')?.agentId).toBe(12);
    expect(config.dingtalk.banHoldMs).toBe(300_000);
    expect(config.dingtalk.apps.get('default')?.limits).toEqual({
      callsPerSecond: 20,
      recipientsPerMinute: 5000,
      perUserPerDay: 500,
      broadcastsPerDay: 3,
      callsPerMonth: null,
      warnAt: 0.8,
    });
    expect(config.dingtalk.apps.get('default')?.resultChecksMs).toEqual([
      2_000, 15_000, 60_000, 600_000, 3_600_000, 14_400_000, 43_200_000,
    ]);
    expect(config.store).toEqual({ kind: 'sqlite', path: 'data/dingbus.db' });
    expect(config.intake.maxPending).toBe(10_000);
    expect(config.retentionMs).toBe(7 * 86_400_000);
    expect(config.shutdownTimeoutMs).toBe(20_000);
    expect(config.timeZone).toBe('Asia/Shanghai');
    expect(config.routes[0]).toMatchObject({
      track: 'delivered',
      overLimit: 'drop',
      onUnknown: 'resend',
      sameContent: 'suppress',
      maxRecipients: 1000,
      priority: 'normal',
      enabled: true,
    });
  });

  it('reads files in order of their paths and keeps the order within them', () => {
    const route = (name: string) => routes.replace('name: a', `name: ${name}`);
    const config = good({
      'c/routes/b.yaml': route('b'),
      'c/routes/B.yaml': route('upper'),
      'c/routes/10.yaml': route('ten'),
    });
    expect(config.routes.map(({ name }) => name)).toEqual(['ten', 'upper', 'a', 'b']);
  });

  it('never lets a secret show', () => {
    const config = good({ 'c/dingbus.yaml': `${main}store: postgres://u:pw12345@h/db\n` });
    expect(JSON.stringify(config)).not.toMatch(/s3cret|pw12345/);
    expect(config.dingtalk.apps.get('default')?.appSecret.reveal()).toBe('s3cret');
  });

  it('reads a secret from a file, without its line end', () => {
    const withFile = main.replace('"${SECRET}"', '{ file: keys/app }');
    const config = good({ 'c/dingbus.yaml': withFile, 'c/keys/app': 'from-file\n' });
    expect(config.dingtalk.apps.get('default')?.appSecret.reveal()).toBe('from-file');
  });

  it('takes absolute paths for secrets, globs and uploads', () => {
    const withFile = main.replace('"${SECRET}"', '{ file: /run/secrets/app }');
    const config = good({
      'c/dingbus.yaml': `${withFile}routes: /mnt/rules/*.yaml\n`,
      '/run/secrets/app': 'mounted\n',
      '/mnt/rules/a.yaml': routes.replace('text: { content: x }', 'image: { media_id: { upload: /mnt/a.png } }'),
      '/mnt/a.png': 'x',
    });
    expect(config.dingtalk.apps.get('default')?.appSecret.reveal()).toBe('mounted');
    expect(config.routes.map(({ source }) => source.file)).toEqual(['/mnt/rules/a.yaml']);
  });

  it('takes a variable where a mapping could stand too, and says of others that they must be mappings', () => {
    const ssl = main.replace('{ brokers', '{ ssl: "${SSL:-true}", brokers');
    expect(good({ 'c/dingbus.yaml': ssl }).kafka.ssl).not.toBeNull();
    const app = main.replace('{ default: { app_key: key, app_secret: "${SECRET}", agent_id: "${AGENT:-12}" } }', '{ default: "${X}" }');
    const result = load({ 'c/dingbus.yaml': app }, { X: 'x' });
    expect(result.ok ? [] : result.faults.map(({ message }) => message)).toContain(
      'dingtalk.apps.default must be a mapping, not the value of ${X}',
    );
    expect(JSON.stringify(result.ok ? [] : result.faults)).not.toMatch(/unknown_key|missing_key/);
  });

  it.each(['userids', 'mobiles', 'dept_id_list', 'groups'])('takes one brace in %s for no literal', (kind) => {
    const result = load({ 'c/routes/a.yaml': routes.replace('userids: [u1]', `${kind}: ["{data.x}"]`) });
    expect(result.ok ? [] : result.faults).toMatchObject([
      { code: 'wrong_value', message: `to.${kind}[0] has a { that fills in nothing`, remedy: 'write {{ … }}' },
    ]);
  });

  it('leaves comments alone, whatever stands in them', () => {
    const comment = '# password: ${NAME:?no}\n';
    good({ 'c/dingbus.yaml': `${comment}${main}  # \${A-b}\n`, 'c/routes/a.yaml': `${routes}${comment}` });
    const block = routes.replace('{ text: { content: x } }', '\n      text:\n        content: |\n          # ${A:?b}\n');
    const result = load({ 'c/routes/a.yaml': block });
    expect(result.ok ? [] : result.faults).toMatchObject([{ code: 'env_syntax', line: 9 }]);
  });

  it('takes digits without quotes as they are written where a text is wanted', () => {
    const config = good({
      'c/dingbus.yaml': main.replace('agent_id: "${AGENT:-12}"', 'agent_id: 012, limits: { warn_at: 0.50 }'),
      'c/routes/a.yaml': routes
        .replace('userids: [u1]', 'userids: [0142536719, 0x1F, 77], mobiles: [+85291234567]')
        .replace('content: x', 'content: 1.10'),
      'c/groups.yaml': 'groups: { g: { userids: [007] } }',
    });
    expect(config.routes[0]?.to).toMatchObject({ userids: ['0142536719', '0x1F', '77'], mobiles: ['+85291234567'] });
    expect(config.routes[0]?.message?.fields).toEqual({ content: '1.10' });
    expect(config.groups.get('g')?.userids).toEqual(['007']);
    expect(config.dingtalk.apps.get('default')).toMatchObject({ agentId: 12, limits: { warnAt: 0.5 } });
  });

  it.each(['0123', '0x1F', '9007199254740993'])('takes %s for no department', (id) => {
    const result = load({ 'c/groups.yaml': `groups: { g: { dept_id_list: [${id}] } }` });
    const faults = result.ok ? [] : result.faults.filter(({ severity }) => severity === 'error');
    expect(faults).toMatchObject([{ message: `groups.g.dept_id_list[0] is not a department id: ${id}` }]);
  });

  it('gives samples the values of numbers, however they are written', () => {
    const sample = 'text: { content: x }\nsamples: [{ name: s, event: { data: { a: 1.50, b: [010] } } }]\n';
    const { templates } = good({ 'c/templates/t.yaml': sample });
    expect(templates.get('t')?.samples[0]?.event.data).toEqual({ a: 1.5, b: [10n] });
  });

  it('takes a token for reading beside the admin token, but not the same one', () => {
    const server = (text: string): string => `${main}server: { ${text} }\n`;
    const { server: both } = good({ 'c/dingbus.yaml': server('admin_token: a, read_token: { file: r }'), 'c/r': 'b\n' });
    expect([both.adminToken?.reveal(), both.readToken?.reveal()]).toEqual(['a', 'b']);
    expect(good({ 'c/dingbus.yaml': server('read_token: ""') }).server.readToken).toBeNull();
    const same = load({ 'c/dingbus.yaml': server('admin_token: a, read_token: a') });
    expect(same.ok ? [] : same.faults.filter(({ severity }) => severity === 'error')).toMatchObject([
      { code: 'conflict', message: expect.stringContaining('read_token') as string },
    ]);
  });

  it('does not show the value of a variable in a fault', () => {
    const result = load({}, { SECRET: 's', AGENT: 'hunter2' });
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result.ok ? [] : result.faults)).not.toContain('hunter2');
  });

  it('hashes what takes effect: comments do not count, values and file names do', () => {
    const { hash } = good({});
    expect(hash).toMatch(/^[0-9a-f]{12}$/);
    expect(good({ 'c/routes/a.yaml': `# a comment\n${routes}` }).hash).toBe(hash);
    expect(good({}, { SECRET: 'other' }).hash).not.toBe(hash);
    expect(good({ 'c/routes/a.yaml': routes.replace('content: x', 'content: y') }).hash).not.toBe(hash);
    const renamed = { 'c/routes/a.yaml': 'routes: []', 'c/routes/b.yaml': routes };
    expect(good(renamed).hash).not.toBe(hash);
  });
});

describe('defaults: of a routes file', () => {
  const withDefaults = `
defaults:
  on: orders
  track: read
  expires_after: 6h
  template: shared
routes:
  - name: a
    to: { userids: [u1] }
  - name: b
    to: { userids: [u1] }
    track: accepted
    message: { text: { content: own } }
`;

  it('give every route what it does not say itself', () => {
    const config = good({
      'c/routes/a.yaml': withDefaults,
      'c/templates/shared.yaml': 'text: { content: x }\n',
    });
    const [a, b] = config.routes;
    expect(a).toMatchObject({ on: ['orders'], track: 'read', template: 'shared', expiresAfterMs: 21_600_000 });
    expect(b).toMatchObject({ track: 'accepted', template: null });
  });

  it('are where a fault of theirs is shown, once', () => {
    const result = load({
      'c/routes/a.yaml': withDefaults.replace('expires_after: 6h', 'expires_after: soon'),
      'c/templates/shared.yaml': 'text: { content: x }\n',
    });
    const faults = result.ok ? [] : result.faults;
    expect(faults.map(({ line, col, code }) => `${line}:${col} ${code}`)).toEqual(['5:18 wrong_value']);
  });
});

describe('bad input', () => {
  it.each([
    ['no such path', 'nowhere', 'file_missing'],
    ['a folder without dingbus.yaml', 'c/routes', 'file_missing'],
  ])('%s is a fault', (_, path, code) => {
    const result = loadConfig({ path, env: {}, files: memoryFiles({ 'c/routes/a.yaml': routes }) });
    expect(result.ok ? null : result.faults[0]?.code).toBe(code);
  });

  it('still checks the other files when dingbus.yaml is broken', () => {
    const result = load({
      'c/dingbus.yaml': 'kafka: [',
      'c/routes/a.yaml': routes.replace('on: orders', 'onn: orders'),
    });
    const codes = result.ok ? [] : result.faults.map(({ file, code }) => `${file} ${code}`);
    expect(codes).toEqual([
      'c/dingbus.yaml yaml_syntax',
      'c/routes/a.yaml missing_key',
      'c/routes/a.yaml unknown_key',
    ]);
  });
});
