import type { z } from 'zod';
import { EnvText } from './env-text.ts';
import { WrittenScalar } from './written-scalar.ts';

/**
 * A file with faults is never run, but what is right in it should still be checked against the rest, so that all
 * faults are told in one go. What is wrong is taken out and what is missing gets a stand-in.
 */
export const placeholder = 'x-placeholder';

const text = new EnvText(placeholder, []);

const standIns: Readonly<Record<string, unknown>> = {
  name: placeholder,
  on: placeholder,
  to: { userids: [placeholder] },
  type: placeholder,
  route: placeholder,
  key: '"x"',
  window: '1h',
  limit: 1n,
  status_value: 'x',
  kafka: { brokers: `${placeholder}:9092` },
  brokers: `${placeholder}:9092`,
  dingtalk: { apps: {} },
  apps: {},
  app_key: text,
  app_secret: text,
  agent_id: 1n,
  topics: {},
  url: 'http://placeholder',
  content: 'x',
  title: 'x',
  text: 'x',
  markdown: 'x',
  message_url: 'https://placeholder/',
  messageUrl: 'https://placeholder/',
  picUrl: '@x',
  media_id: '@x',
  duration: '1',
  bgcolor: 'FFFFFFFF',
  head: { bgcolor: 'FFFFFFFF', text: 'x' },
  body: {},
  action_url: 'https://placeholder/',
  event: { data: {} },
  data: {},
  expect: [],
  routes: [],
  cases: [],
  groups: {},
  value: 'x',
};

/** What is taken out of a list; lists cannot have holes. */
const removed = Symbol('removed');
const maxRounds = 4;

/** The value as its definition would have it, after mending; null when it is beyond that. */
export function mend<T>(schema: z.ZodType<T>, value: unknown): T | null {
  let current = copy(value);
  for (let round = 0; round < maxRounds; round += 1) {
    const result = schema.safeParse(current);
    if (result.success) return result.data;
    for (const issue of result.error.issues) {
      const path = issue.path.filter((part) => typeof part !== 'symbol');
      if (issue.code === 'unrecognized_keys') for (const key of issue.keys) remove(current, [...path, key]);
      else if (path.length === 0) return null;
      else if (!fill(current, path)) remove(current, path);
    }
    current = withoutRemoved(current);
  }
  return null;
}

function copy(value: unknown): unknown {
  if (value instanceof WrittenScalar || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copy);
  const fresh = Object.create(null) as Record<string, unknown>;
  for (const [key, inner] of Object.entries(value)) fresh[key] = copy(inner);
  return fresh;
}

type Path = readonly (string | number)[];
type Container = Record<string | number, unknown>;

function parentOf(root: unknown, path: Path): Container | null {
  let found: unknown = root;
  for (const part of path.slice(0, -1)) {
    if (typeof found !== 'object' || found === null) return null;
    found = (found as Container)[part];
  }
  return typeof found === 'object' && found !== null && !(found instanceof WrittenScalar) ? (found as Container) : null;
}

/** Gives what is missing a stand-in; false when nothing is missing there or there is none for it. */
function fill(root: unknown, path: Path): boolean {
  const parent = parentOf(root, path);
  const key = path.at(-1);
  if (parent === null || key === undefined || parent[key] !== undefined) return false;
  if (!Object.hasOwn(standIns, key)) return false;
  parent[key] = copy(standIns[key]);
  return true;
}

function remove(root: unknown, path: Path): void {
  const parent = parentOf(root, path);
  const key = path.at(-1);
  if (parent === null || key === undefined) return;
  if (Array.isArray(parent)) parent[key as number] = removed;
  else Reflect.deleteProperty(parent, key);
}

function withoutRemoved(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== removed).map(withoutRemoved);
  if (value instanceof WrittenScalar || typeof value !== 'object' || value === null) return value;
  for (const [key, inner] of Object.entries(value)) (value as Container)[key] = withoutRemoved(inner);
  return value;
}
