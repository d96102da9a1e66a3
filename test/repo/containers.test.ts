import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { apicurioVersion, kafkaVersion } from '../../dev/stack/versions.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { exists, packageJson, read } from './repository.ts';

interface Compose {
  readonly services: Record<
    string,
    {
      readonly image: string;
      readonly build?: string;
      readonly environment?: Record<string, unknown>;
      readonly healthcheck?: { readonly test: readonly string[] };
    }
  >;
}

const dockerfile = read('Dockerfile');
const { services } = parse(read('docker-compose.yml')) as Compose;

describe('docker-compose.yml', () => {
  it('runs the servers that the tests run against', () => {
    expect(services['kafka']?.image).toBe(`apache/kafka:${kafkaVersion}`);
    expect(services['registry']?.image).toBe(`apicurio/apicurio-registry:${apicurioVersion}`);
  });

  it('hands dingbus no variable that the configuration does not read', () => {
    const config = read('config/dingbus.yaml');
    const handed = Object.keys(services['dingbus']?.environment ?? {});
    expect(handed.filter((name) => !config.includes(`\${${name}`))).toEqual([]);
  });

  it('finds a simulator well that is', async () => {
    const [, node, ...words] = services['simulator']?.healthcheck?.test ?? [];
    expect(node).toBe('node');
    const simulator = await startSimulator();
    const command = words.map((word) => word.replace('http://127.0.0.1:8090', simulator.url));
    expect(command).not.toEqual(words);
    const check = spawn(process.execPath, command);
    const [code] = await once(check, 'exit');
    await simulator.stop();
    expect(code).toBe(0);
  });
});

it.each(Object.entries(services).filter(([, { build }]) => build !== undefined))(
  'the service %s runs without rights on a read-only file system',
  (_name, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
  },
);

describe('Dockerfile', () => {
  it('leaves compilers and tests behind, runs as a user without rights, and tells its health', () => {
    const [, , last = ''] = dockerfile.split(/^FROM /m);
    expect(last).toContain('USER node');
    expect(last).toContain('HEALTHCHECK');
    expect(last).not.toMatch(/^RUN npm/m);
    expect(dockerfile).toContain('npm prune --omit=dev');
  });

  it('builds on the Node.js that development runs on', () => {
    const major = packageJson().dependencies['node']!.split('.')[0]!;
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map((match) => match[1]);
    expect(bases).toEqual([`node:${major}-alpine`, `node:${major}-alpine`]);
  });

  it('starts what package.json calls dingbus', () => {
    expect(dockerfile).toContain(`ENTRYPOINT ["node", "/app/${packageJson().bin['dingbus']}"]`);
  });

  it('copies only what exists and what .dockerignore lets through', () => {
    const letThrough = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'));
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) =>
      match[1]!.split(' '),
    );
    expect(copied.length).toBeGreaterThan(4);
    for (const path of copied) {
      expect(exists(path), path).toBe(true);
      expect(letThrough).toContain(`!${path}`);
    }
  });
});
