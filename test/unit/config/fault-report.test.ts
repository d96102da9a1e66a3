import { describe, expect, it } from 'vitest';
import type { Fault } from '../../../src/config/fault.ts';
import { humanFault, reportFaults } from '../../../src/config/fault-report.ts';

const fault: Fault = {
  file: 'config/routes/a.yaml',
  line: 3,
  col: 13,
  length: 4,
  severity: 'error',
  code: 'unknown_key',
  message: 'unknown key "wehn", 100% wrong',
  remedy: 'did you mean when?',
};

describe('faults as text', () => {
  it('underline what is wrong and say what to do', () => {
    const lines = { line: () => '    x: [1,  wehn, 2]' };
    expect(humanFault(fault, lines)).toBe(
      [
        'config/routes/a.yaml:3:13 error unknown_key unknown key "wehn", 100% wrong',
        '      x: [1,  wehn, 2]',
        '              ^^^^',
        '  → did you mean when?',
      ].join('\n'),
    );
  });

  it('count Chinese characters twice, as terminals show them', () => {
    const lines = { line: () => '标题 {{ x }}' };
    const [, , marks] = humanFault({ ...fault, col: 4, length: 7 }, lines).split('\n');
    expect(marks).toBe('       ^^^^^^^');
  });

  it('cut very long lines around the fault', () => {
    const lines = { line: () => 'y'.repeat(5000) + 'wehn' + 'y'.repeat(5000) };
    const [, shown, marks] = humanFault({ ...fault, col: 5001 }, lines).split('\n');
    expect(shown?.length).toBeLessThan(170);
    expect(shown?.slice(marks?.indexOf('^'), (marks?.indexOf('^') ?? 0) + 4)).toBe('wehn');
  });

  it('do without the line where there is none', () => {
    expect(humanFault({ ...fault, remedy: null }, null)).not.toContain('\n');
  });

  it('annotate on GitHub, with the characters escaped that mean something there', () => {
    expect(reportFaults([{ ...fault, file: 'a,b:c.yaml' }], null, 'github')).toBe(
      '::error file=a%2Cb%3Ac.yaml,line=3,col=13,title=unknown_key::unknown key "wehn", 100%25 wrong (did you mean when?)',
    );
  });

  it('are JSON for programs', () => {
    const parsed = JSON.parse(reportFaults([fault], null, 'json')) as { ok: boolean; faults: Fault[] };
    expect(parsed).toEqual({ ok: false, faults: [fault] });
    expect(JSON.parse(reportFaults([{ ...fault, severity: 'warning' }], null, 'json'))).toMatchObject({ ok: true });
  });
});
