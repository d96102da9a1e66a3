/** `dingbus test --update` writes cases anew, and nothing else of their file. */
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { run } from './command.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dingbus-cases-'));
  for (const name of ['routes', 'cases']) mkdirSync(join(folder, name));
  writeFileSync(
    join(folder, 'dingbus.yaml'),
    `kafka: { brokers: "127.0.0.1:1" }
results: { format: json }
dingtalk: { apps: { default: { app_key: key, app_secret: "\${NOPE:-none}", agent_id: 1 } } }
topics: { orders: {} }
`,
  );
  writeFileSync(
    join(folder, 'routes/a.yaml'),
    `routes:
  - name: each
    on: orders
    type: Order
    for_each: data.lines
    to: { mobiles: ["{{ data.owner }}"], userids: [u1] }
    correlation: data.id
    recall_on: { type: Gone, key: data.id }
    message: { text: { content: "item {{ item }} costs $\${x}, \\"quoted\\": [a]" } }
  - name: broken
    on: orders
    type: Broken
    to: { to_all_user: true }
    message: { text: { content: "{{ data.nope }}" } }
`,
  );
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const path = (): string => join(folder, 'cases/a.yaml');

const event = 'event: { topic: orders, type: Order, data: { id: O-1, owner: "13800001101", lines: [1, 2] } }';

it('brings what failing cases look at up to date, and leaves the rest of the text alone', async () => {
  const before = `# a comment at the top
cases:
  - name: 'two of them' # beside a name
    ${event}
    expect:
      - route: each
        item: 1
        audience: { userids: [u2] } # of a list that is written anew
        message: { text: { content: other } }
        contains: [item 2, gone]
        policies: { correlation: X }
      - { route: broken }

  # between cases
  - { name: in one line, ${event}, expect: [] }
  - name: fine
    event: { topic: orders, type: Other, data: {} }
    expect: []
  - name: fails
    event: { topic: orders, type: Broken, data: {} }
    expect: [{ route: broken, contains: [x] }]
  - name: recalls
    event: { topic: orders, type: Gone, data: { id: O-1 } }
    expect: []
    signals: []
`;
  writeFileSync(path(), before);
  expect((await run('test', '--config', folder)).code).toBe(1);
  expect(readFileSync(path(), 'utf8')).toBe(before);

  const { code, out, err } = await run('test', '--config', folder, '--update');
  expect([code, out.includes('5 cases, 0 failed')]).toEqual([0, true]);
  expect(err).toContain('a.yaml:3: updated two of them');
  const added = '{ mobiles: ["13800001101"], userids: [u1] }';
  const text = '\'item 2 costs $${x}, "quoted": [a]\'';
  expect(readFileSync(path(), 'utf8')).toBe(`# a comment at the top
cases:
  - name: 'two of them' # beside a name
    ${event}
    expect:
      - route: each
        item: 1
        audience: { userids: [u1] }
        message: { text: { content: ${text} } }
        contains: [item 2]
        policies: { correlation: O-1 }
      - route: each
        item: 0
        audience: ${added}

  # between cases
  - { name: in one line, ${event}, expect: [{ route: each, item: 0, audience: ${added} }, { route: each, item: 1, audience: ${added} }] }
  - name: fine
    event: { topic: orders, type: Other, data: {} }
    expect: []
  - name: fails
    event: { topic: orders, type: Broken, data: {} }
    expect:
      - route: broken
        failure: template_error
  - name: recalls
    event: { topic: orders, type: Gone, data: { id: O-1 } }
    expect: []
    signals:
      - kind: recall
        route: each
        correlation: O-1
`);
});

it('writes nothing where nothing fails', async () => {
  const cases = `cases:\n  - { name: none, event: { topic: orders, type: Other, data: {} }, expect: [ ] }\n`;
  writeFileSync(path(), cases);
  expect((await run('test', '--config', folder, '--update')).code).toBe(0);
  expect(readFileSync(path(), 'utf8')).toBe(cases);
});

it('says which case it cannot edit', async () => {
  writeFileSync(
    path(),
    `cases:\n  - name: a\n    event: &e { topic: orders, type: Order, data: { id: O-1, owner: "13800001101", lines: [1] } }\n    expect: &x []\n  - { name: b, event: *e, expect: *x }\n`,
  );
  const { code, err } = await run('test', '--config', folder, '--update');
  expect(code).toBe(1);
  expect(err).toContain('a.yaml:5: this case cannot be edited; mend it by hand');
});
