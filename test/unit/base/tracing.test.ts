import { expect, it } from 'vitest';
import { readTraceparent } from '../../../src/base/tracing.ts';

it('reads a traceparent, of later versions too', () => {
  const ids = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
  const tail = `${ids.traceId}-${ids.spanId}`;
  expect(readTraceparent(`00-${tail}-01`)).toEqual({ ...ids, traceFlags: 1, isRemote: true });
  expect(readTraceparent(`00-${tail}-00`)).toMatchObject({ traceFlags: 0 });
  expect(readTraceparent(`cc-${tail}-01-what-the-future-brings`)).toMatchObject(ids);
});

it.each([
  '',
  'garbage',
  '00-00000000000000000000000000000000-b7ad6b7169203331-01',
  '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
  'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  '00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01',
])('a traceparent that is none (%j) is left out', (text) => {
  expect(readTraceparent(text)).toBeNull();
});
