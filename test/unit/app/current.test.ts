import { beforeEach, describe, expect, it } from 'vitest';
import { loadActive, type Loaded } from '../../../src/app/configuration.ts';
import { Current } from '../../../src/app/current.ts';
import { memoryFiles } from '../../fakes/memory-files.ts';
import { now } from '../../fakes/rules.ts';

/** What is on disk. */
let more: string;
let current: Current;

function load(): Loaded {
  const files = memoryFiles({
    'c/dingbus.yaml': `kafka: { brokers: "127.0.0.1:9092" }
dingtalk: { apps: { default: { app_key: key, app_secret: "\${SECRET:-none}", agent_id: 1 } } }
results: { format: json }
topics: { numbers: {} }
${more}
`,
    'c/routes/a.yaml':
      'routes: [{ name: r, on: numbers, to: { userids: [u1] }, message: { text: { content: x } } }]\n',
  });
  return loadActive({ path: 'c', env: {}, files }, now);
}

beforeEach(() => {
  more = '';
  const loaded = load();
  if (!loaded.ok) throw new Error('the configuration has faults');
  current = new Current(loaded.active, load, () => now);
});

const restartFor = (text: string): readonly string[] => {
  more = text;
  return current.reload().needsRestart;
};

describe('what a reload leaves for the next start', () => {
  it('is named by its key', () => {
    expect(restartFor('log: { level: debug }')).toEqual(['log.level']);
    expect(restartFor('shutdown_timeout: 5s')).toEqual(['shutdown_timeout']);
    expect(restartFor('server: { port: 9000 }')).toEqual(['server']);
    expect(restartFor('time_zone: Europe/Berlin')).toEqual([]);
  });

  it('is named by later reloads too, until it is as it was at the start', () => {
    expect(restartFor('log: { level: debug }')).toEqual(['log.level']);
    expect(restartFor('log: { level: debug }\ntime_zone: Europe/Berlin')).toEqual(['log.level']);
    expect(restartFor('time_zone: Europe/Berlin')).toEqual([]);
  });
});
