import { describe, expect, it } from 'vitest';
import { reportCases } from '../../../src/rules/case-report.ts';
import { runCases } from '../../../src/rules/cases.ts';
import { compile } from '../../fakes/rules.ts';

const routes = `routes:
  - name: large
    on: orders
    type: Refund
    when: data.amount > 100
    to: { mobiles: ["{{ data.owner }}"] }
    dedupe: { key: data.id, window: 1h }
    message: { markdown: { title: 退款, text: "金额 {{ data.amount }}" } }
  - name: rest
    on: leave
    to: { to_all_user: true }
    message: { text: { content: x } }
`;

function report(expected: string) {
  const cases = `cases:\n  - name: c\n    event: { topic: orders, type: Refund, data: { id: A, amount: 500, owner: "13800001201" } }\n${expected
    .split('\n')
    .map((line) => `    ${line}\n`)
    .join('')}`;
  const { config, rules } = compile(routes, { 'cases/a.yaml': cases });
  return runCases(config, rules);
}

function differences(expected: string): readonly string[] {
  return report(expected).cases.flatMap((result) =>
    result.differences.map(({ path, expected: wanted, actual }) => `${path}: ${wanted} ≠ ${actual}`),
  );
}

describe('cases', () => {
  it('pass when everything that they say is so', () => {
    const found = report(`expect:
  - route: large
    audience: { mobiles: ["+86 13800001201"], to_all_user: false }
    message: { msgtype: markdown, markdown: { text: 金额 500 } }
    contains: [退款]
    policies: { dedupe: A, throttle: null, template: null, app: default }
signals: []`);
    expect(found.ok).toBe(true);
    expect(found.uncovered).toEqual(['rest']);
  });

  it.each([
    ['expect: []', ['large: no notification ≠ a notification']],
    ['expect: [{ route: large }, { route: rest }]', ['rest: a notification ≠ no other notification']],
    [
      'expect: [{ route: large, item: 1 }]',
      ['large[1]: a notification ≠ large', 'large: no notification ≠ a notification'],
    ],
    ['expect: [{ route: large, audience: { userids: [u1] } }]', ['large audience.userids: ["u1"] ≠ []']],
    [
      'expect: [{ route: large, message: { markdown: { title: 别的 } } }]',
      ['large message.markdown.title: "别的" ≠ "退款"'],
    ],
    [
      'expect: [{ route: large, message: { text: { content: x } } }]',
      ['large message.text: {"content":"x"} ≠ nothing'],
    ],
    ['expect: [{ route: large, policies: { dedupe: B } }]', ['large policies.dedupe: "B" ≠ "A"']],
    [
      'expect: [{ route: large, policies: { dedup: null } }]',
      ['large policies.dedup: null ≠ no policy of this name; did you mean "dedupe"?'],
    ],
    ['expect: [{ route: large, failure: template_error }]', ['large failure: template_error ≠ none']],
    [
      'expect: [{ route: large }]\nsignals: [{ kind: recall, route: large }]',
      ['signals: recall of large ≠ none'],
    ],
  ])('%s tells what differs', (expected, found) => {
    expect(differences(expected)).toEqual(found);
  });

  it('are told in a way that people can read', () => {
    const text = reportCases(report('expect: [{ route: large, policies: { dedupe: B } }]'));
    expect(text).toBe(
      [
        'FAIL c/cases/a.yaml:2 c',
        '     large policies.dedupe',
        '       expected "B"',
        '       actual   "A"',
        'no case expects the route rest',
        '1 cases, 1 failed, 1 routes without a case',
      ].join('\n'),
    );
  });
});
