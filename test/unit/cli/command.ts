import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { main } from '../../../src/cli/main.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line as the terminal would and keeps what it printed. */
export async function run(...args: string[]): Promise<Ran> {
  let out = '';
  let err = '';
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
  try {
    const code = await main(args);
    return { code, out, err };
  } finally {
    stdout.mockRestore();
    stderr.mockRestore();
  }
}

/** A configuration over the ledger of a test; its service is not running. */
export function writeConfig(folder: string): string {
  const config = join(folder, 'config');
  mkdirSync(join(config, 'routes'), { recursive: true });
  writeFileSync(
    join(config, 'dingbus.yaml'),
    `kafka: { brokers: "127.0.0.1:1", group_id: test }
store: "sqlite:${join(folder, 'ledger.db')}"
results: { format: json }
server: { host: 127.0.0.1, port: 1, admin_token: test-admin-token }
dingtalk:
  apps:
    default: { app_key: key, app_secret: secret, agent_id: 4417001, limits: { calls_per_month: 5000 } }
topics:
  shop.orders: {}
`,
  );
  writeFileSync(
    join(config, 'routes/refund.yaml'),
    `routes:
  - name: refund
    on: shop.orders
    to: { userids: [u1] }
    message: { text: { content: hello } }
`,
  );
  return config;
}
