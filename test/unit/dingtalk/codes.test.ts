import { describe, expect, it } from 'vitest';
import { dingtalkDay, dingtalkMonth } from '../../../src/base/dingtalk-day.ts';
import { classOf, codeTable, operations, type CodeRow, type Operation } from '../../../src/dingtalk/codes.ts';
import type { DingTalkClient } from '../../../src/dingtalk/client-types.ts';
import type { CallError } from '../../../src/dingtalk/outcomes.ts';
import { Mobile } from '../../../src/base/sensitive.ts';
import { bench, json, toUser } from './scripted.ts';

/** Codes that DingTalk itself answers; the words of ours have tests of their own below. */
const answered = codeTable.filter(
  ({ source, code }) => source !== 'our own reading' && code !== 'html_page' && code !== 'ip_banned',
);

/** The operation that a row is tried with: the one it names, else the send. */
const operationOf = (row: CodeRow): Operation => row.operations?.[0] ?? 'send';

async function errorOf(client: DingTalkClient, operation: Operation): Promise<CallError> {
  const result = await callOf(client, operation);
  if (result.kind === 'accepted' || result.kind === 'ok' || result.kind === 'found') {
    throw new Error(`expected an error, got ${result.kind}`);
  }
  return result.error;
}

function callOf(
  client: DingTalkClient,
  operation: Operation,
): ReturnType<DingTalkClient['send' | 'lookupMobile' | 'progress' | 'recall']> {
  switch (operation) {
    case 'send':
      return client.send(toUser);
    case 'lookup':
      return client.lookupMobile(new Mobile('13800001201'));
    case 'recall':
      return client.recall('1');
    case 'token':
      return client.checkToken();
    default:
      return client.progress('1');
  }
}

describe('the code table', () => {
  it('has one row for a code and operation', () => {
    const keys = codeTable.flatMap(({ code, operations: only }) =>
      (only ?? ['all']).map((name) => `${name} ${code}`),
    );
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });

  it('names a meaning and a source in every row', () => {
    expect(codeTable.filter(({ meaning, source }) => meaning === '' || source === '')).toEqual([]);
  });

  it.each(answered.map((row) => [row.code, operationOf(row), row.class, row] as const))(
    'code %s in the answer to %s is %s',
    async (code, operation, errorClass, row) => {
      const { client, transport, clock } = bench();
      const body = /^-?[0-9]+$/.test(code)
        ? { errcode: Number(code), errmsg: 'said so', request_id: 'r1' }
        : { code, message: 'said so', requestid: 'r1' };
      transport.otherwise = json(body);
      if (operation === 'token') transport.token = json(body);
      const error = await errorOf(client, operation);

      // A token that is refused twice in a row is a fault of the configuration.
      const expected =
        errorClass === 'refresh_token'
          ? 'configuration'
          : errorClass === 'unknown' && operation !== 'send'
            ? 'retry'
            : errorClass;
      expect(error).toMatchObject({ operation, code, class: expected, message: 'said so' });
      expect(error.provesNothingSent).toBe(errorClass !== 'unknown');
      if (row.retryAfter?.kind === 'delay') expect(error.retryAfterMs).toBe(row.retryAfter.ms);
      if (row.retryAfter?.kind === 'steps') expect(error.retryAfterMs).toBe(row.retryAfter.ms[0]);
      const due = clock.now() + (error.retryAfterMs ?? 0);
      if (row.retryAfter?.kind === 'next_day') expect(dingtalkDay(due)).not.toBe(dingtalkDay(due - 1));
      if (row.retryAfter?.kind === 'next_month') expect(dingtalkMonth(due)).not.toBe(dingtalkMonth(due - 1));
      expect(client.state().held).toBe(
        expected === 'configuration' ||
          (row.holds === 'app' && errorClass === 'retry_after') ||
          row.holds === 'address' ||
          (row.holds === 'api' && (error.retryAfterMs ?? 0) > 10_000),
      );
    },
  );

  it.each(
    answered.filter(({ operations: only }) => only === null).map((row) => [row.code, row.class] as const),
  )('code %s wrapped in 88 is read as itself: %s', async (code, errorClass) => {
    const { client, transport } = bench();
    transport.otherwise = json({
      errcode: 88,
      sub_code: code,
      sub_msg: 'said so',
      errmsg: `ding talk error[subcode=${code},submsg=said so]`,
      request_id: 'r1',
    });
    const error = await errorOf(client, 'send');
    expect(error.code).toBe(code);
    expect(error.class).toBe(errorClass === 'refresh_token' ? 'configuration' : errorClass);
  });

  it('never leaves an operation other than a send in doubt', () => {
    const others = operations.filter((operation) => operation !== 'send');
    expect(
      others.flatMap((operation) => codeTable.filter(({ code }) => classOf(operation, code) === 'unknown')),
    ).toEqual([]);
  });

  it('takes a code that no source lists for no proof', async () => {
    const { client, transport } = bench();
    transport.otherwise = json({ errcode: 123456, errmsg: 'new' });
    expect(await client.send(toUser)).toMatchObject({
      kind: 'unknown',
      error: { code: '123456', class: 'unknown', provesNothingSent: false },
    });
  });
});
