import { describe, expect, it } from 'vitest';
import { compile, event, faultsOf, now, route } from '../../fakes/rules.ts';

const ints = Array.from({ length: 5000 }, (_, index) => BigInt(index));
const huge = 'x'.repeat(1_000_000);
let deep: unknown = 1n;
for (let level = 0; level < 100; level += 1) deep = { n: deep };

/**
 * How long is too long is told by counted steps, not by a clock; a test that ends at all shows that the steps bound
 * the time, and these would take minutes to years without bounds.
 */
describe('expressions cannot be made to run for ever', () => {
  it.each([
    ['loops within loops', 'data.ints.exists(a, data.ints.exists(b, data.ints.exists(c, a + b + c < 0)))'],
    ['loops of errors', 'data.ints.exists(a, data.ints.exists(b, a.nope == b))'],
    ['lists of a million', 'data.million.exists(a, a == -1)'],
    [
      'texts that double',
      'cel.bind(a, data.huge + data.huge, cel.bind(b, a + a, cel.bind(c, b + b, size(c + c) > 0)))',
    ],
    [
      'lists that double',
      'cel.bind(a, data.ints + data.ints, cel.bind(b, a + a, cel.bind(c, b + b, cel.bind(d, c + c, size(d + d) < 0))))',
    ],
    ['long comparisons', 'data.ints.exists(a, data.copy == data.copy2 && a < 0)'],
    ['long searches', 'data.ints.exists(a, data.huge.contains("y"))'],
    ['counting characters', 'data.ints.exists(a, size(data.huge) == 1)'],
    ['membership', 'data.ints.exists(a, -1 in data.ints)'],
    ['clocks of zones', 'data.ints.exists(a, now.getHours("Asia/Shanghai") == 25)'],
    ['patterns over long texts', 're(data.huge, "(x+x+)+y")'],
    ['a large pattern over one long text', 're(data.long, ".{0,500}[0-9]{3}")'],
    ['a large pattern over many texts', 'data.texts.exists(x, re(x, "[ab9 ]{1,500}[0-9]{3}"))'],
    ['deep events', 'data.deep == data.deep'],
  ])('%s', (_, when) => {
    const million = when.includes('million') ? Array.from({ length: 1_000_000 }, () => 1n) : [];
    const data = {
      ints,
      huge,
      million,
      long: 'ab '.repeat(2000),
      texts: Array.from({ length: 150 }, () => 'a'.repeat(8001)),
      copy: ints.map((n) => [n]),
      copy2: ints.map((n) => [n]),
      ...(when.includes('deep') ? { deep } : {}),
    };
    const { rules } = compile(route(`when: ${JSON.stringify(when)}`));
    const [planned] = rules.plan(event(data), now).notifications;
    expect(planned?.failure).toMatchObject({ reason: 'expression_error' });
    expect(planned?.failure?.message.length).toBeLessThan(300);
  });

  it.each([
    ['re(data.long, "(?i)error|fatal|panic") || re(data.long, "^[^@ ]+@[^@ ]+[.][a-z]{2,}$")'],
    ['data.lines.exists(x, re(x, "^ORD-[0-9]{6}$"))'],
    ['re(data.short, ".{0,500}[0-9]{3}")'],
  ])('and what is usual has room: %s', (when) => {
    const data = {
      long: 'ab '.repeat(2000),
      short: 'ab '.repeat(40),
      lines: Array.from(
        { length: 1000 },
        () => 'a line of the usual length, with words and 12 numbers in it',
      ),
    };
    expect(
      compile(route(`when: ${JSON.stringify(when)}`)).rules.plan(event(data), now).notifications,
    ).toEqual([]);
  });

  it('and one route that is stopped does not stop the others', () => {
    const yaml =
      route('when: data.ints.exists(a, data.ints.exists(b, a + b < 0))') +
      '  - name: other\n    on: orders\n    to: { userids: [u1] }\n    message: { text: { content: x } }\n';
    const { notifications } = compile(yaml).rules.plan(event({ ints }), now);
    expect(notifications.map(({ route: name, failure }) => [name, failure?.reason ?? null])).toEqual([
      ['r', 'expression_error'],
      ['other', null],
    ]);
  });

  it.each([
    ['!'.repeat(4000) + 'true'],
    ['('.repeat(2000) + '1' + ')'.repeat(2000)],
    ['['.repeat(2000) + ']'.repeat(2000)],
    ['data' + '.a'.repeat(2000)],
    ['1' + '+1'.repeat(2000)],
    ['re(data.s, "' + '(a{1000}){10}'.repeat(3) + '")'],
  ])('and what is nested or unfolds too far is a fault of the configuration: %.20s…', (when) => {
    expect(faultsOf(route(`when: ${JSON.stringify(when)}`))[0]).toMatch(/expression_(syntax|refused)/);
  });
});

describe('templates cannot be made to run for ever', () => {
  it.each([
    ['{% for i in (1..100000000) %}x{% endfor %}'],
    ['{% for a in data.ints %}{% for b in data.ints %}x{% endfor %}{% endfor %}'],
    ['{% assign a = "xxxxxxxxxx" %}{% for i in (1..100) %}{% assign a = a | append: a %}{% endfor %}{{ a }}'],
    [
      '{% capture a %}xxxxx{% endcapture %}{% for i in (1..60) %}{% capture a %}{{ a }}{{ a }}{% endcapture %}{% endfor %}{{ a }}',
    ],
    ['{{ data.huge | replace: "x", data.huge }}'],
    ['{% for i in (1..2000) %}{% if data.huge contains "y" %}a{% endif %}{% endfor %}'],
    ['{% for i in (1..2000) %}{% if data.huge == data.huge %}a{% endif %}{% endfor %}'],
    ['{% for i in (1..2000) %}{{ data.ints | sort | join }}{% endfor %}'],
    ['{% for i in (1..2000) %}{{ data.ints | sum }}{% endfor %}'],
    ['{{ data.huge }}'],
  ])('%s', (liquid) => {
    const [planned] = compile(route('', liquid)).rules.plan(event({ ints, huge }), now).notifications;
    expect(planned?.message).toBeNull();
    expect(planned?.failure?.reason).toMatch(/template_error|message_too_long/);
  });

  it('nor by one that is rendered for each of a thousand elements: all of them share what a route may cost', () => {
    const yaml = route(
      'for_each: data.items',
      '{{ item }}{% for a in data.ints %}{% for b in data.ints %}x{% endfor %}{% endfor %}',
    );
    const items = ints.slice(0, 1_000);
    const { notifications } = compile(yaml).rules.plan(event({ ints, items }), now);
    expect(new Set(notifications.map(({ item, failure }) => [item, failure?.reason].join())).size).toBe(
      1_000,
    );
    expect(new Set(notifications.map(({ failure }) => failure?.reason))).toEqual(new Set(['template_error']));
    const shared = notifications.filter(({ failure }) => failure?.message.includes('the messages take more'));
    expect(shared.length).toBeGreaterThan(980);
  });

  it('and the failure names the limit, which is no mobile to be masked', () => {
    const yaml = route(
      'for_each: data.items',
      '{% for i in (1..4) %}{% if data.huge contains "y" %}a{% endif %}{% endfor %}{{ item }}',
    );
    const { notifications } = compile(yaml).rules.plan(event({ huge, items: ints.slice(0, 9) }), now);
    expect(notifications.at(-1)?.failure?.message).toContain(
      'the messages work on more than 1,536,000 characters',
    );
  });

  it.each([
    ['{% include "/etc/passwd" %}'],
    ['{% render "../secret" %}'],
    ['{% layout "x" %}'],
    ['{{ data.x | strip_html }}'],
    ['{{ "x" | sample }}'],
    ['{% tablerow x in data.y %}{% endtablerow %}'],
  ])('and what reads files, chance or runs badly is not offered: %s', (liquid) => {
    expect(faultsOf(route('', liquid))[0]).toMatch(/template_(refused|unknown)/);
  });
});

describe('texts of events cannot make patterns run for ever', () => {
  it.each([
    ['empty lines', '\n'.repeat(250_000)],
    ['blank lines', ' \r'.repeat(120_000)],
    ['spaces', `${' '.repeat(60_000)}x`],
    ['rules', `${'-'.repeat(60_000)}x`],
    ['brackets', '!['.repeat(30_000)],
  ])('in Markdown: %s', (_, v) => {
    const yaml = route('').replace(
      /message: .*/,
      'message: { markdown: { title: t, text: "{{ data.v }}." } }',
    );
    const [planned] = compile(yaml).rules.plan(event({ v }), now).notifications;
    expect(planned?.failure?.reason).toMatch(/template_error|message_too_long/);
  });

  it.each([
    ['brackets', `${'[x]('.repeat(15_000)}x`],
    ['angles', '[x](<a '.repeat(9_000)],
    ['backslashes', `${'\\'.repeat(60_000)}x [x](y)`],
    ['signs', `${'<aa:'.repeat(15_000)}x [x](y)`],
    ['definitions', `${'[a]:b:'.repeat(10_000)} x [x](y)`],
    ['lines of definitions', `${'[a]:\n'.repeat(12_000)} x [x](y)`],
    ['what precedes definitions', `${'> '.repeat(30_000)}x [x](y)`],
  ])('in links of Markdown: %s', (_, v) => {
    const allow = 'links: { allow: ["https://ops.example.com/"] }\n';
    const yaml = route('').replace(
      /message: .*/,
      'message: { markdown: { title: t, text: "{{ data.v | raw }}" } }',
    );
    const [planned] = compile(yaml, {}, allow).rules.plan(event({ v }), now).notifications;
    expect(planned?.failure?.message).toContain('links.allow');
  });

  it.each([
    ['what follows an address', `https://a${')'.repeat(60_000)}x`],
    ['long hosts', `https://${'a.'.repeat(30_000)}x`],
    ['hosts that fit into a message', `https://${'a.'.repeat(900)}x`],
    ['long paths', `https://a.b.example.com/${'bc'.repeat(900)}e`],
  ])('in links: %s', (_, v) => {
    const allow = 'links: { allow: ["https://*.*.*.*.example.com/*b*c*b*c*d"] }\n';
    const [planned] = compile(route('', '{{ data.v }}'), {}, allow).rules.plan(
      event({ v }),
      now,
    ).notifications;
    expect(planned?.failure?.message).toContain('links.allow');
  });
});

describe('names of the language’s own objects', () => {
  const data = JSON.parse(
    '{"__proto__": {"a": 1}, "constructor": {"name": "x"}, "toString": "t", "hasOwnProperty": 1}',
  ) as unknown;

  it('are ordinary fields of an event', () => {
    const yaml = route(
      'when: data["constructor"]["name"] == "x"',
      '{{ data.constructor.name }} {{ data.toString }}',
    );
    const [planned] = compile(yaml).rules.plan(event(data), now).notifications;
    expect(planned?.message?.body).toContain('x t');
  });

  it('are nothing where an event does not have them', () => {
    for (const name of ['constructor', '__proto__', 'prototype', 'hasOwnProperty', 'toString', 'valueOf']) {
      const { rules } = compile(route('', `{{ data.${name} }}`));
      const [planned] = rules.plan(event({ a: 1n }), now).notifications;
      expect(planned?.failure?.reason).toBe('template_error');
    }
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });
});
