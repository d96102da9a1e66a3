import { describe, expect, it } from 'vitest';
import { exists, packageJson, read } from './repository.ts';

interface LockEntry {
  readonly version?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Record<string, string>;
}

const lock = (JSON.parse(read('package-lock.json')) as { packages: Record<string, LockEntry> }).packages;

describe('package.json', () => {
  const { dependencies, devDependencies, scripts, license } = packageJson();
  const all: Record<string, string> = { ...dependencies, ...devDependencies };

  it.each([
    'node',
    'kafkajs',
    '@kafkajs/confluent-schema-registry',
    'avsc',
    'undici',
    'pino',
    'vitest',
    'testcontainers',
  ])('names %s by its exact version, so that nobody gets another one than was tried', (name) => {
    expect(all[name]).toMatch(/^\d+\.\d+\.\d+$/);
    expect(lock[`node_modules/${name}`]?.version).toBe(all[name]);
  });

  it('names kafkajs 2.2.4, whose faults src/kafka works around one by one', () => {
    expect(dependencies['kafkajs']).toBe('2.2.4');
  });

  it.each(['start', 'test', 'build', 'check'])('installs what is missing before npm run %s', (name) => {
    expect(scripts[`pre${name}`]).toBe('node dev/install.mjs');
  });

  it.each(Object.entries(scripts))('has a file for the script %s', (_name, command) => {
    for (const path of command.match(/\S+\.(ts|mjs)\b/g) ?? []) expect(exists(path), path).toBe(true);
  });

  it('carries the licence that it names', () => {
    expect(license).toBe('Apache-2.0');
    expect(read('LICENSE')).toMatch(/Apache License\s+Version 2\.0/);
  });
});

describe('package-lock.json', () => {
  it('names no server, so that everyone fetches from the registry of their own settings', () => {
    const servers = Object.values(lock).flatMap((entry) => entry.resolved ?? []);
    expect(servers).toEqual([]);
  });

  it('holds the packages for every system, without which npm ci refuses to begin', () => {
    const missing = Object.entries(lock).flatMap(([path, entry]) =>
      Object.keys(entry.optionalDependencies ?? {}).filter(
        (name) =>
          lock[`node_modules/${name}`] === undefined && lock[`${path}/node_modules/${name}`] === undefined,
      ),
    );
    expect(missing).toEqual([]);
  });
});
