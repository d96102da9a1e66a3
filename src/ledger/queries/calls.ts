import { contentOf, encodeCallProgress, encodeContent, sameContent } from '../codec/call.ts';
import { int, text, type InsertSpec, type SqlValue, type UpdateSpec } from '../engine.ts';
import { LedgerMisuseError } from '../errors.ts';
import type { Call } from '../../model/call.ts';
import type { Scope } from '../scope.ts';
import { notificationPks, pksOf } from './notification-rows.ts';

const callRow: InsertSpec = {
  table: 'calls',
  columns: [
    text('id'),
    text('app'),
    int('priority'),
    text('state'),
    int('next_at'),
    text('owner'),
    int('lease_until'),
    text('task_id'),
    int('content_rev'),
    text('progress'),
  ],
  key: 'id',
  conflict: '',
};

const contentRow: InsertSpec = {
  table: 'call_contents',
  columns: [int('pk'), text('content')],
  key: 'pk',
  conflict: '',
};

const memberRow: InsertSpec = {
  table: 'call_members',
  columns: [int('notification_pk'), int('call_pk')],
  key: 'call_pk',
  conflict: 'ON CONFLICT (notification_pk, call_pk) DO NOTHING',
};

export async function insertCalls(scope: Scope, calls: readonly Call[]): Promise<void> {
  if (calls.length === 0) return;
  const rows: SqlValue[][] = [];
  for (const call of calls) {
    rows.push([
      call.id,
      call.app,
      priorityOf(call),
      call.state,
      call.nextAt,
      ownerOf(scope, call),
      0,
      call.taskId,
      0,
      encodeCallProgress(call),
    ]);
  }
  const pks = await scope.session.insertReturning(callRow, rows);
  const contents: SqlValue[][] = [];
  for (const [index, call] of calls.entries()) {
    const pk = pks[index];
    if (pk === undefined || pk === null)
      throw new LedgerMisuseError(`call ${call.id} is in the ledger already`);
    const part = contentOf(call);
    const content = encodeContent(part);
    contents.push([pk, content]);
    scope.contents.set(call.id, { pk, revision: 0, part, size: content.length });
  }
  await scope.session.insert(contentRow, contents);
  await insertMembers(scope, calls);
  await afterSave(scope, calls);
  scope.savedCalls(calls);
}

async function insertMembers(scope: Scope, calls: readonly Call[]): Promise<void> {
  const ids = calls.flatMap((call) => call.members.map((member) => member.notificationId));
  const pkOf = await notificationPks(scope, ids);
  const rows: SqlValue[][] = [];
  for (const call of calls) {
    const callPk = scope.contents.get(call.id)?.pk;
    if (callPk === undefined) throw new LedgerMisuseError(`call ${call.id} has no key yet`);
    // A notification may travel in a call with two parts; one row says that it travels.
    for (const id of new Set(call.members.map((member) => member.notificationId))) {
      const notificationPk = pkOf(id);
      if (notificationPk === null) {
        throw new LedgerMisuseError(`call ${call.id} carries ${id}, which the ledger lacks`);
      }
      rows.push([notificationPk, callPk]);
    }
  }
  await scope.session.insert(memberRow, rows);
}

const progressUpdate: UpdateSpec = {
  table: 'calls',
  key: int('pk'),
  columns: [
    text('state'),
    int('next_at'),
    text('owner'),
    int('lease_until'),
    text('task_id'),
    text('progress'),
  ],
};

export async function saveCalls(scope: Scope, calls: readonly Call[]): Promise<void> {
  if (calls.length === 0) return;
  const pkOf = await pksOf(
    scope,
    'calls',
    scope.contents,
    calls.map(({ id }) => id),
  );
  const rows: SqlValue[][] = [];
  for (const call of calls) {
    rows.push([
      pkOf(call.id),
      call.state,
      call.nextAt,
      ownerOf(scope, call),
      0,
      call.taskId,
      encodeCallProgress(call),
    ]);
  }
  const found = await scope.session.update(progressUpdate, rows);
  if (found !== calls.length) {
    throw new LedgerMisuseError(`of ${calls.length} calls to save the ledger holds only ${found}`);
  }
  await saveChangedContents(scope, calls);
  await afterSave(scope, calls);
  scope.savedCalls(calls);
}

const contentUpdate: UpdateSpec = {
  table: 'calls',
  key: text('id'),
  columns: [text('app'), int('priority'), int('content_rev')],
};

const contentTextUpdate: UpdateSpec = { table: 'call_contents', key: int('pk'), columns: [text('content')] };

/** Seldom: a call was joined with others, or lost people. */
async function saveChangedContents(scope: Scope, calls: readonly Call[]): Promise<void> {
  const changed: Call[] = [];
  for (const call of calls) {
    const known = scope.contents.get(call.id);
    if (known === undefined || !sameContent(call, known.part)) changed.push(call);
  }
  if (changed.length === 0) return;
  const rows = await scope.session.all<{ pk: number; id: string; content_rev: number }>(
    'SELECT pk, id, content_rev FROM calls WHERE id IN texts(?1)',
    [changed.map((call) => call.id)],
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  const columns: SqlValue[][] = [];
  const texts: SqlValue[][] = [];
  for (const call of changed) {
    const row = byId.get(call.id);
    if (row === undefined) continue;
    const part = contentOf(call);
    const content = encodeContent(part);
    const revision = row.content_rev + 1;
    columns.push([call.id, call.app, priorityOf(call), revision]);
    texts.push([row.pk, content]);
    scope.contents.set(call.id, { pk: row.pk, revision, part, size: content.length });
  }
  await scope.session.update(contentUpdate, columns);
  await scope.session.update(contentTextUpdate, texts);
  await scope.session.run('DELETE FROM call_members WHERE call_pk IN ints(?1)', [rows.map((row) => row.pk)]);
  await insertMembers(scope, changed);
}

const intentRow: InsertSpec = {
  table: 'intents',
  columns: [text('app'), int('at'), int('people'), int('call_pk')],
  key: 'pk',
  conflict: '',
};

async function afterSave(scope: Scope, calls: readonly Call[]): Promise<void> {
  const intents: SqlValue[][] = [];
  for (const call of calls) {
    if (call.state === 'ready') scope.wakes.add('delivery');
    else if (call.state === 'accepted') scope.wakes.add('tracking');
    else if (call.state === 'sending')
      intents.push([call.app, scope.now, call.people, scope.contents.get(call.id)?.pk ?? null]);
  }
  await scope.session.insert(intentRow, intents);
}

/** Only a call in flight belongs to somebody: if they die, nobody knows its answer. */
function ownerOf(scope: Scope, call: Call): string | null {
  return call.state === 'sending' ? scope.context.instance : null;
}

function priorityOf(call: Call): number {
  return call.priority === 'high' ? 0 : 1;
}
