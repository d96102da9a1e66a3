import { describe, expect, it } from 'vitest';
import { maskText } from '../../../src/server/masking.ts';

describe('mobile numbers in texts', () => {
  it.each([
    '13800001101',
    '8613800001101',
    '+86 138-0000-1101',
    '86-138 0000 1101',
    '008613800001101',
    '0086 13800001101',
    '0086-138-0000-1101',
    '138.0000.1101',
  ])('%s is masked', (number) => {
    expect(maskText(`call ${number}, please`)).toBe('call 138******01, please');
  });

  it.each(['１３８００００１１０１', '００８６１３８００００１１０１', '１３８-００００-１１０１'])(
    '%s is masked, full-width digits as they are',
    (number) => {
      expect(maskText(`请致电${number}。`)).toBe('请致电１３８******０１。');
    },
  );

  it.each([
    '1764248400123',
    '1008613800001101',
    '50086138000011012',
    '138000011012345678',
    '1380000.1101',
    '138.00001101',
    '12800001101',
    '2026-11-27 13:00:00.000',
    'v139.12.3456',
  ])('%s is none', (text) => {
    expect(maskText(text)).toBe(text);
  });
});
