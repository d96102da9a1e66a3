import { describe, expect, it } from 'vitest';
import { normaliseMobile } from '../../../src/rules/recipients.ts';
import { compile, event, now } from '../../fakes/rules.ts';

const groups = `
groups:
  oncall: { mobiles: ["13800001201"], groups: [leads] }
  leads: { userids: [lead1, lead2], dept_id_list: [7] }
`;

function audience(to: string, data: unknown = {}) {
  const yaml = `routes:\n  - name: r\n    on: orders\n    to: ${to}\n    message: { text: { content: x } }\n`;
  const { rules } = compile(yaml, { 'groups.yaml': groups });
  const [planned] = rules.plan(event(data), now).notifications;
  if (planned === undefined) throw new Error('no notification');
  const { userids, mobiles, deptIds, everyone } = planned.audience;
  return {
    userids,
    mobiles: mobiles.map((mobile) => mobile.reveal()),
    deptIds,
    everyone,
    people: planned.people,
    failure: planned.failure,
  };
}

describe('audience', () => {
  it('mixes literals, Liquid and groups, without blanks and repeats', () => {
    const to =
      '{ mobiles: ["{{ data.m }}", "", "13800001201"], userids: [u1, "{{ data.u }}", u1], groups: [oncall] }';
    const found = audience(to, { m: '+86 138-0000-1201', u: ' ' });
    expect(found.mobiles).toEqual(['13800001201']);
    expect(found.userids).toEqual(['u1', 'lead1', 'lead2']);
    expect(found.deptIds).toEqual([7]);
    expect(found.people).toBe(1 + 3 + 12);
  });

  it('takes lists from expressions; nulls drop out', () => {
    const to = '{ userids: { from: "data.approvers.map(a, a.userid)" }, dept_id_list: { from: data.depts } }';
    const approvers = [{ userid: 'a' }, { userid: null }, { userid: 'b' }];
    const found = audience(to, { approvers, depts: [7n, '9'] });
    expect(found.userids).toEqual(['a', 'b']);
    expect(found.deptIds).toEqual([7, 9]);
    expect(found.people).toBe(2 + 12 + 50);
  });

  it('counts the company for everyone', () => {
    expect(audience('{ to_all_user: true }')).toMatchObject({ everyone: true, people: 900, userids: [] });
  });

  it('may turn out empty', () => {
    expect(audience('{ userids: { from: data.none } }', { none: [] })).toMatchObject({
      people: 0,
      failure: null,
    });
    expect(audience('{ userids: { from: data.none } }', { none: null })).toMatchObject({ people: 0 });
  });

  it.each([
    ['{ userids: ["{{ data.missing }}"] }', {}],
    ['{ userids: { from: data.u } }', { u: 'not a list' }],
    ['{ userids: { from: data.u } }', { u: [{ id: 'x' }] }],
    ['{ userids: ["{{ data.u }}"] }', { u: 'a,b' }],
    ['{ dept_id_list: ["{{ data.d }}"] }', { d: 'sales' }],
    ['{ groups: ["{{ data.g }}"] }', { g: 'nobody' }],
  ])('%s over %j fails with its clause', (to, data) => {
    const { failure } = audience(to, data);
    expect(failure).toMatchObject({ reason: 'expression_error', stage: 'match' });
    expect(failure?.message).toMatch(/^to\./);
  });

  it('does not lose the others for a number that nobody can have', () => {
    const found = audience('{ mobiles: ["{{ data.m }}", "13800001201"] }', { m: 'n/a' });
    expect(found.mobiles).toEqual(['n/a', '13800001201']);
  });

  it.each([
    ['+86 138 0000 1201', '13800001201'],
    ['0086-13800001201', '13800001201'],
    ['8613800001201', '13800001201'],
    ['138-0000-1201', '13800001201'],
    ['+852 9123 4567', '+85291234567'],
    ['0085291234567', '+85291234567'],
  ])('writes %s as %s', (written, expected) => {
    expect(normaliseMobile(written)).toBe(expected);
  });
});
