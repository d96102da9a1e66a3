import type { DeadLetter } from '../../model/dead-letter.ts';
import type { Result } from '../../model/result.ts';
import { LedgerMisuseError } from '../errors.ts';
import type { OutboxItem } from '../ledger.ts';
import { packReference, unpackReference, type PackedReference } from './event.ts';
import { packRecord, unpackRecord } from './record.ts';

export function encodeOutboxItem(item: OutboxItem): string {
  if (item.kind === 'result') {
    const { result, recordKey } = item;
    return JSON.stringify({ recordKey, result: { ...result, event: packReference(result.event) } });
  }
  return JSON.stringify({ ...item.deadLetter, record: packRecord(item.deadLetter.record) });
}

export function decodeOutboxItem(kind: string, text: string): OutboxItem {
  if (kind === 'result') {
    const packed = JSON.parse(text) as {
      recordKey: string | null;
      result: Omit<Result, 'event'> & { event: PackedReference };
    };
    const result: Result = { ...packed.result, event: unpackReference(packed.result.event) };
    return { kind, result, recordKey: packed.recordKey };
  }
  if (kind === 'dead_letter') {
    const packed = JSON.parse(text) as Omit<DeadLetter, 'record'> & { record: unknown };
    return { kind, deadLetter: { ...packed, record: unpackRecord(packed.record) } };
  }
  throw new LedgerMisuseError(`the ledger holds an unknown kind of unpublished row: "${kind}"`);
}
