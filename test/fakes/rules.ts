import type { Config } from '../../src/config/config.ts';
import type { Event } from '../../src/model/event.ts';
import { loadRules } from '../../src/rules/load-rules.ts';
import type { Rules } from '../../src/rules/rules.ts';
import { memoryFiles } from './memory-files.ts';

const main = `
kafka: { brokers: "127.0.0.1:9092" }
dingtalk:
  apps:
    default: { app_key: key, app_secret: "\${SECRET:-none}", agent_id: 4417001, department_sizes: { 7: 12 }, default_department_size: 50, company_size: 900 }
    hr: { app_key: key, app_secret: "\${SECRET:-none}", agent_id: 4417002 }
results: { format: json }
topics:
  orders: {}
  leave: {}
  incidents: {}
`;

/** Compiles routes (the text below `routes:`), other files, and more `topics:`; @throws the faults as text. */
export function compile(
  routes: string,
  files: Readonly<Record<string, string>> = {},
  extra = '',
  topics = '',
): { rules: Rules; config: Config } {
  const result = loadRules({
    path: 'c',
    env: {},
    files: memoryFiles({
      'c/dingbus.yaml': main + topics + extra,
      'c/routes/a.yaml': routes,
      ...prefixed(files),
    }),
  });
  if (!result.ok) {
    const text = result.faults.map(
      ({ file, line, col, code, message }) => `${file}:${line}:${col} ${code} ${message}`,
    );
    throw new Error(text.join('\n'));
  }
  return result;
}

/** The faults (not the warnings) of such a configuration, `file:line:col code message`. */
export function faultsOf(
  routes: string,
  files: Readonly<Record<string, string>> = {},
  extra = '',
): readonly string[] {
  const result = loadRules({
    path: 'c',
    env: {},
    files: memoryFiles({ 'c/dingbus.yaml': main + extra, 'c/routes/a.yaml': routes, ...prefixed(files) }),
  });
  const faults = result.ok ? [] : result.faults.filter((fault) => fault.severity === 'error');
  return faults.map(
    ({ file, line, col, code, message }) => `${file.slice(2)}:${line}:${col} ${code} ${message}`,
  );
}

function prefixed(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [`c/${path}`, text]));
}

/** One route that tells manager01 the text of `content`. */
export function route(keys: string, content = 'x'): string {
  return `routes:\n  - name: r\n    on: orders\n    to: { userids: [manager01] }\n${indent(keys)}    message: { text: { content: ${JSON.stringify(content)} } }\n`;
}

export function indent(keys: string): string {
  return keys
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => `    ${line}\n`)
    .join('');
}

export const now = Date.parse('2026-03-02T09:30:00+08:00');

export function event(data: unknown, meta: Partial<Event['meta']> = {}): Event {
  return {
    data,
    meta: {
      source: 'orders',
      id: '0/0',
      type: null,
      subject: null,
      time: new Date(now),
      topic: 'orders',
      partition: 0,
      offset: 0n,
      key: null,
      headers: {},
      traceparent: null,
      ...meta,
    },
  };
}
