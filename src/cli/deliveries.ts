import { Option, type Command } from 'commander';
import type { Ledger } from '../ledger/ledger.ts';
import {
  anyNotification,
  type NotificationFilter,
  type NotificationSummary,
  type Page,
  type PageRequest,
} from '../ledger/views.ts';
import { detailJson } from '../server/api/present-notifications.ts';
import { resultStatuses, states } from '../server/api/schemas.ts';
import { maskText } from '../server/masking.ts';
import type { Settlement } from '../server/ports.ts';
import { commonOptions, type SetExitCode } from './common-options.ts';
import { historyText } from './delivery-history.ts';
import { heldRows, heldText, listText, summaryJson } from './delivery-list.ts';
import { exitCodes } from './exit-codes.ts';
import { loadFor, printJson } from './loading.ts';
import { withLedger } from './open-ledger.ts';
import { readLimit, readMoment } from './option-values.ts';
import { printOutcomes, serviceClient, urlOption } from './service-client.ts';

interface ListOptions {
  readonly app?: string;
  readonly route?: string;
  readonly status?: NonNullable<NotificationFilter['status']>;
  readonly state?: NonNullable<NotificationFilter['state']>;
  readonly userid?: string;
  readonly since?: number;
  readonly until?: number;
  readonly search?: string;
  readonly held: boolean;
  readonly limit: number;
}

export function addDeliveries(program: Command, setExitCode: SetExitCode): void {
  const deliveries = program
    .command('deliveries')
    .description('what became of notifications, from the ledger; settle what a person must');
  addList(deliveries, setExitCode);
  deliveries
    .command('show')
    .argument('<id>', 'of a notification, delivery, call, event or DingTalk task')
    .description('the history of one notification: event, plan, people, calls, results')
    .action(async (id: string, _options: unknown, command: Command) => {
      setExitCode(await show(command, id));
    });
  deliveries
    .command('resolve')
    .argument('<delivery-id>', 'a held delivery, as "deliveries list --held" names it')
    .description('settle a delivery that is held because nobody knows whether it was sent')
    .addOption(new Option('--sent', 'it did arrive').conflicts(['resend', 'drop']))
    .addOption(new Option('--resend', 'send it again').conflicts(['sent', 'drop']))
    .addOption(new Option('--drop', 'leave it').conflicts(['sent', 'resend']))
    .option('--note <text>', 'for the audit log')
    .option(...urlOption)
    .action(async (id: string, options: ResolveOptions, command: Command) => {
      const settlement = settlements.find((each) => options[each] === true);
      if (settlement === undefined)
        return command.error('error: say --sent, --resend or --drop', { exitCode: exitCodes.usage });
      const active = loadFor(command);
      if (active === null) {
        setExitCode(exitCodes.faults);
        return;
      }
      const client = serviceClient(command, active.config.server, options.url);
      const path = `/deliveries/${encodeURIComponent(id)}/resolve`;
      const done = await client.change(path, { settlement, note: options.note ?? null });
      setExitCode(printOutcomes(command, done));
    });
}

const settlements = ['sent', 'resend', 'drop'] as const satisfies readonly Settlement[];
type ResolveOptions = Partial<Record<Settlement, boolean>> & {
  readonly note?: string;
  readonly url?: string;
};

function addList(deliveries: Command, setExitCode: SetExitCode): void {
  deliveries
    .command('list', { isDefault: true })
    .description('notifications, newest first')
    .option('--app <name>', 'of this app only')
    .option('--route <name>', 'of this route only')
    .addOption(new Option('--status <status>', 'with this final status').choices([...resultStatuses]))
    .addOption(new Option('--state <state>', 'where they stand').choices([...states]))
    .option('--userid <userid>', 'with this person among its people')
    .option('--since <when>', 'received since: 2h ago, or an ISO 8601 instant', readMoment)
    .option('--until <when>', 'received before', readMoment)
    .option('--search <text>', 'an id of any kind, a userid or a correlation key, exact')
    .option('--held', 'deliveries that wait for a person, oldest first; takes no filter but --limit', false)
    .option('--limit <count>', 'so many at most', readLimit, 50)
    .action(async (options: ListOptions, command: Command) => {
      const filtered = Object.keys(options).some((key) => key !== 'held' && key !== 'limit');
      if (options.held && filtered)
        return command.error('error: --held takes no filter but --limit', { exitCode: exitCodes.usage });
      const active = loadFor(command);
      if (active === null) {
        setExitCode(exitCodes.faults);
        return;
      }
      const { json } = commonOptions(command);
      await withLedger(active, async ({ ledger }) => {
        if (options.held) {
          const calls = await ledger.view((views) => views.heldCalls(options.limit));
          if (json) printJson({ items: heldRows(calls) });
          else process.stdout.write(`${heldText(calls)}\n`);
          return;
        }
        const found = await listed(ledger, options);
        if (json) printJson({ items: found.items.map(summaryJson), more: found.more });
        else process.stdout.write(`${listText(found.items, found.more)}\n`);
      });
    });
}

interface Listed {
  readonly items: readonly NotificationSummary[];
  readonly more: boolean;
}

/** A search tries ids, people and correlations in this order; the first that finds wins. */
async function listed(ledger: Ledger, options: ListOptions): Promise<Listed> {
  const filter: NotificationFilter = {
    ...anyNotification,
    app: options.app ?? null,
    route: options.route ?? null,
    status: options.status ?? null,
    state: options.state ?? null,
    userid: options.userid ?? null,
    since: options.since ?? null,
    until: options.until ?? null,
  };
  const { search } = options;
  if (search === undefined) return allOf(ledger, filter, options.limit);
  const tries: readonly NotificationFilter[] = [
    { ...filter, id: search },
    ...(filter.userid === null ? [{ ...filter, userid: search }] : []),
    { ...filter, correlation: search },
  ];
  for (const each of tries) {
    const found = await allOf(ledger, each, options.limit);
    if (found.items.length > 0) return found;
  }
  return { items: [], more: false };
}

const pageSize = 500;

async function allOf(ledger: Ledger, filter: NotificationFilter, limit: number): Promise<Listed> {
  const items: NotificationSummary[] = [];
  let cursor: string | null = null;
  do {
    const page: PageRequest = { limit: Math.min(pageSize, limit - items.length), cursor };
    const found: Page<NotificationSummary> = await ledger.view((views) => views.notifications(filter, page));
    items.push(...found.items);
    cursor = found.next;
  } while (cursor !== null && items.length < limit);
  return { items, more: cursor !== null };
}

async function show(command: Command, id: string): Promise<number> {
  const active = loadFor(command);
  if (active === null) return exitCodes.faults;
  return withLedger(active, async ({ ledger, views }) => {
    let detail = await views.notification(id);
    if (detail === null) {
      const { items } = await allOf(ledger, { ...anyNotification, id }, pageSize);
      const [first, ...others] = items;
      if (first === undefined) {
        process.stderr.write(`the ledger holds nothing of the id ${maskText(id)}\n`);
        return exitCodes.faults;
      }
      if (others.length > 0) {
        process.stderr.write(`several notifications belong to ${maskText(id)}; show one of them\n`);
        process.stderr.write(`${listText(items, false)}\n`);
        return exitCodes.faults;
      }
      detail = await views.notification(first.id);
    }
    if (detail === null) return exitCodes.faults;
    const shown = detailJson(detail);
    if (commonOptions(command).json) printJson(shown);
    else process.stdout.write(`${historyText(shown)}\n`);
    return exitCodes.good;
  });
}
