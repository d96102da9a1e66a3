import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDirectory, readDirectoryFile } from '../../../src/simulator/directory-file.ts';
import { defaultDirectory } from '../../../src/simulator/default-directory.ts';
import { Directory } from '../../../src/simulator/directory.ts';
import { Bench } from './harness.ts';

const yaml = `
company: { corp_id: dingmine, name: 我的公司 }
departments:
  - { id: 10, name: 甲 }
  - { id: 11, name: 乙, parent: 10 }
users:
  - { userid: a, name: 甲一, mobile: 13900000001, departments: [10] }
  - { userid: b, name: 乙一, mobile: "13900000002", departments: [11] }
  - { userid: c, name: 走了, departments: [11], active: false }
apps:
  - { name: default, app_key: k, app_secret: s, agent_id: 5 }
`;

describe('the directory', () => {
  it('reads YAML and JSON', () => {
    const fromYaml = parseDirectory(yaml, 'company.yaml');
    const directory = new Directory(fromYaml, 0);
    expect(directory.byMobile('13900000001')?.userid).toBe('a');
    expect(directory.members(10)).toEqual(['a', 'b']);
    expect(directory.members(1)).toEqual(['a', 'b']);
    const json = JSON.stringify({
      company: { corp_id: 'x', name: 'x' },
      apps: [{ name: 'a', app_key: 'k', app_secret: 's', agent_id: 1 }],
    });
    expect(parseDirectory(json, 'x.json').departments).toEqual([{ id: 1, name: 'x', parent: null }]);
  });

  it('says what is wrong with a file, and with one that is not there', async () => {
    expect(() => parseDirectory('company: 5', 'bad.yaml')).toThrow(/bad\.yaml: company/);
    expect(() => parseDirectory('a: [', 'bad.yaml')).toThrow(/bad\.yaml/);
    await expect(readDirectoryFile('/no/such/file.yaml')).rejects.toMatchObject({
      code: 'simulator_directory',
    });
  });

  it('serves a company from a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dingbus-simulator-'));
    const path = join(folder, 'company.yaml');
    // The bench gets its token with the built-in app's key.
    await writeFile(
      path,
      yaml.replace('app_key: k, app_secret: s', 'app_key: dingsimulatorkey, app_secret: simulator-secret'),
    );
    const bench = await Bench.start({ directory: path });
    const sent = await bench.send({ agent_id: 5, dept_id_list: '10', userid_list: 'zhangsan' });
    expect(bench.control.task(String(sent['task_id']))).toMatchObject({
      delivered: ['a', 'b'],
      invalidUserids: ['zhangsan'],
    });
    await rm(folder, { recursive: true });
  });

  it('has a built-in company whose parts fit together', () => {
    const { departments, users, apps } = defaultDirectory;
    const ids = new Set(departments.map(({ id }) => id));
    expect(departments.every(({ parent }) => parent === null || ids.has(parent))).toBe(true);
    expect(users.every((user) => user.departments.every((id) => ids.has(id)))).toBe(true);
    expect(new Set(users.map(({ userid }) => userid)).size).toBe(users.length);
    expect(new Set(users.map(({ mobile }) => mobile)).size).toBe(users.length);
    expect(new Set(apps.map(({ agentId }) => agentId)).size).toBe(apps.length);
    expect(ids.has(4417023)).toBe(true);
  });

  it('computes 100,000 people instead of keeping them', () => {
    const directory = new Directory(defaultDirectory, 100_000);
    expect(directory.byMobile('16600099999')?.userid).toBe('load99999');
    expect(directory.byMobile('16600100000')).toBeNull();
    expect(directory.isActive('load100000')).toBe(false);
    expect(directory.isActive('load007')).toBe(false);
    expect(directory.members(900_001)).toHaveLength(50);
    expect(directory.members(1)).toHaveLength(
      100_000 + defaultDirectory.users.filter(({ active }) => active).length,
    );
    directory.setActive('load50', false);
    expect(directory.byMobile('16600000050')).toBeNull();
    expect(directory.members(900_001)).toHaveLength(49);
    expect(directory.users(defaultDirectory.users.length - 1, 3).map(({ userid }) => userid)).toEqual([
      'tangmei',
      'load0',
      'load1',
    ]);
  });
});
