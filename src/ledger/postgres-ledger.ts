import { Lease } from './lease.ts';
import type { Ledger } from './ledger.ts';
import { migrate, requireVersion } from './migrations/migrate.ts';
import type { OpenLedgerOptions } from './open-options.ts';
import { LedgerOpenError } from './errors.ts';
import { PostgresEngine } from './postgres.ts';
import { createClient, createPool, parseAddress, type PostgresAddress } from './postgres-pool.ts';
import { postgresDocuments } from './postgres-documents.ts';
import { PostgresWakes } from './postgres-wakes.ts';
import { beat, leave } from './queries/instances.ts';
import { Scope, type LedgerContext } from './scope.ts';
import { transact, type Waking } from './transact.ts';
import { readerOf, viewsOf } from './transaction.ts';
import { allWakes, Wakes } from './wakes.ts';
import { ledgerError } from './postgres-errors.ts';

/** Two instances that start together must not both create the tables. */
const migrationLock = 4_417_000;

/** Sums over all rows are quicker without an index; in this transaction only. */
const allowFullScans = `SELECT set_config('enable_seqscan', 'on', true), set_config('enable_bitmapscan', 'on', true)`;

export async function openPostgresLedger(
  options: OpenLedgerOptions,
  context: LedgerContext,
): Promise<Ledger> {
  const address = parseAddress(options.store);
  const { clock, logger, readOnly } = options;
  const pool = createPool(address, logger);
  const engine = new PostgresEngine({ pool, server: address.server, clock, logger, readOnly });
  const wakes = new Wakes();
  const others = new PostgresWakes({
    instance: options.instance,
    connect: () => createClient(address),
    wakes,
    clock,
    logger,
  });
  const lease = new Lease(clock, context.leaseMs);
  const sayAlive = async (): Promise<void> => {
    const freed = await lease.renew(() =>
      engine.write((session) => beat(new Scope(session, context), options.description)),
    );
    // What an instance that died had in hand, or could not tell any more, is to be looked for.
    if (freed) wakes.fire(allWakes);
  };
  try {
    if (readOnly) await engine.read(requireVersion);
    else {
      await prepare(engine, options);
      await sayAlive();
    }
    await listen(others, address);
  } catch (thrown) {
    await others.close();
    await engine.close();
    throw thrown;
  }
  const waking: Waking = {
    committed: (kinds) => {
      wakes.fire(kinds);
      others.tell(kinds);
    },
    written: null,
  };
  return {
    write: (work) => transact(engine, context, work, waking),
    read: (work) => engine.read((session) => work(readerOf(new Scope(session, context)))),
    view: (work) =>
      engine.read(async (session) => {
        await session.run(allowFullScans);
        return work(viewsOf(new Scope(session, context)));
      }),
    onWake: (kind, listener) => wakes.on(kind, listener),
    health: () => engine.health(),
    heartbeat: async () => {
      if (!readOnly) await sayAlive();
    },
    tenure: () => lease.tenure(),
    documents: postgresDocuments(pool, address.server),
    async close() {
      if (!readOnly && engine.health().ok) {
        await engine.write((session) => leave(new Scope(session, context)));
        // What this instance had leased is free now.
        others.tell(allWakes);
      }
      await others.close();
      await engine.close();
    },
  };
}

async function prepare(engine: PostgresEngine, { logger }: OpenLedgerOptions): Promise<void> {
  const applied = await engine.write(async (session) => {
    await requireDurability(session);
    await session.run(`SELECT pg_advisory_xact_lock(${migrationLock})`);
    return migrate(session);
  });
  if (applied.length > 0) logger.info({ versions: applied }, 'ledger tables brought up to date');
}

/** A commit that a power loss can undo is none: offsets are committed to Kafka on its strength. */
async function requireDurability(session: { all<Row>(sql: string): Promise<Row[]> }): Promise<void> {
  const [row] = await session.all<{ value: string }>(`SELECT current_setting('synchronous_commit') AS value`);
  if (row?.value !== 'off') return;
  throw new LedgerOpenError(
    'the PostgreSQL server has synchronous_commit = off, so that a commit may be lost: turn it on for this database or role (ALTER ROLE … SET synchronous_commit = on)',
  );
}

async function listen(others: PostgresWakes, address: PostgresAddress): Promise<void> {
  try {
    await others.start();
  } catch (thrown) {
    throw ledgerError(thrown, address.server);
  }
}
