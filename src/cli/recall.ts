import type { Command } from 'commander';
import { notificationSummary } from '../server/api/notification-schemas.ts';
import { pageOf } from '../server/api/schemas.ts';
import { agreed } from './agreed.ts';
import { commonOptions, type SetExitCode } from './common-options.ts';
import { exitCodes } from './exit-codes.ts';
import { loadFor, printJson } from './loading.ts';
import { readMoment } from './option-values.ts';
import { changeMany, printOutcomes, serviceClient, urlOption, type ServiceClient } from './service-client.ts';

interface RecallOptions {
  readonly route?: string;
  readonly since?: number;
  readonly until?: number;
  readonly yes: boolean;
  readonly note?: string;
  readonly url?: string;
}

export function addRecall(program: Command, setExitCode: SetExitCode): void {
  program
    .command('recall')
    .argument('[notification-id...]', 'what to take back')
    .description('take notifications back: cancel what is not sent, recall what is (within 24 hours)')
    .option('--route <name>', 'instead of ids: all of a route that were received …')
    .option('--since <when>', '… since: 2h ago, or an ISO 8601 instant', readMoment)
    .option('--until <when>', '… and before', readMoment)
    .option('-y, --yes', 'do not ask, even for more than one', false)
    .option('--note <text>', 'for the audit log')
    .option(...urlOption)
    .action(async (named: string[], options: RecallOptions, command: Command) => {
      const misuse = misuseOf(named, options);
      if (misuse !== null) return command.error(`error: ${misuse}`, { exitCode: exitCodes.usage });
      const active = loadFor(command);
      if (active === null) {
        setExitCode(exitCodes.faults);
        return;
      }
      const client = serviceClient(command, active.config.server, options.url);
      const ids = named.length > 0 ? [...new Set(named)] : await ofRoute(client, options);
      if (ids.length === 0) {
        if (commonOptions(command).json) printJson({ items: [] });
        else process.stdout.write('nothing that could be recalled fits\n');
        return;
      }
      if (ids.length > 1 && !options.yes && !(await agreed(command, `Recall ${ids.length} notifications?`))) {
        process.stderr.write('nothing was recalled\n');
        setExitCode(exitCodes.faults);
        return;
      }
      const note = options.note ?? null;
      const done = await changeMany(client, '/recall', ids, (some) => ({ notification_ids: some, note }));
      setExitCode(printOutcomes(command, done));
    });
}

function misuseOf(named: readonly string[], { route, since, until }: RecallOptions): string | null {
  const filtered = route !== undefined || since !== undefined || until !== undefined;
  if (named.length > 0) return filtered ? 'name notifications, or filter them with --route, not both' : null;
  if (!filtered) return 'name the notifications, or --route with --since';
  if (route === undefined || since === undefined) return 'recalling a whole route needs --route and --since';
  return null;
}

/** Nothing of these ever reached anybody, or it is taken back already. */
const pointless = new Set(['failed', 'suppressed', 'recalled']);
const page = pageOf(notificationSummary);

async function ofRoute(client: ServiceClient, { route, since, until }: RecallOptions): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: '200' });
    if (route !== undefined) query.set('route', route);
    if (since !== undefined) query.set('since', new Date(since).toISOString());
    if (until !== undefined) query.set('until', new Date(until).toISOString());
    if (cursor !== null) query.set('cursor', cursor);
    const { items, next } = await client.get(`/notifications?${query.toString()}`, page);
    for (const { id, state, status } of items)
      if (state !== 'final' || !pointless.has(status ?? '')) ids.push(id);
    cursor = next;
  } while (cursor !== null);
  return ids;
}
