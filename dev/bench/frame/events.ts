import type { OutgoingRecord } from '../../../src/kafka/sink-types.ts';
import type { RecordHeader } from '../../../src/model/record.ts';

type Made = Omit<OutgoingRecord, 'topic' | 'partition'>;

/** A CloudEvent in binary mode with a JSON value of about `bytes`. */
export function cloudEvent(run: string, index: number, type: string, bytes: number): Made {
  const order = `${run}-${index}`;
  const known = { order_id: order, userid: `load${index}`, amount_cents: 10_000 + (index % 1_000), note: '' };
  const note = 'x'.repeat(Math.max(0, bytes - JSON.stringify(known).length));
  return {
    key: Buffer.from(order),
    value: Buffer.from(JSON.stringify({ ...known, note })),
    headers: [
      header('ce_specversion', '1.0'),
      header('ce_id', order),
      header('ce_source', '/bench/orders'),
      header('ce_type', type),
      header('ce_time', '2026-03-02T09:30:00+08:00'),
      header('content-type', 'application/json'),
    ],
  };
}

function header(key: string, value: string): RecordHeader {
  return { key, value: Buffer.from(value) };
}
