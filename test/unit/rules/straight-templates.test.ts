import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LiquidEngine, type FieldMode, type LiquidTemplate } from '../../../src/rules/liquid/engine.ts';
import { RouteRenderBudget } from '../../../src/rules/liquid/limits.ts';
import { liquidView } from '../../../src/rules/liquid/view.ts';
import { noon } from '../../fakes/builders.ts';

/** Templates without tags are rendered without the engine; what comes of them must be what the engine makes of them. */
const engine = new LiquidEngine('Asia/Shanghai');

function compiled(source: string, mode: FieldMode): LiquidTemplate {
  const result = engine.compile(source, mode);
  if (!result.ok) throw new Error(`${source}: ${result.fault.message}`);
  return result.template;
}

const paths = [
  'data',
  'data.a',
  'data.a.b',
  'data.b',
  'data["a"]',
  'data.size',
  'data.a.first',
  'data.l[0]',
  'none',
  'data.none',
  'toString',
];
const filters = [
  '',
  ' | money',
  " | money: 'USD', unit: 'major'",
  " | default: 'nobody'",
  ' | default: data.b',
  ' | mask',
  ' | truncate_bytes: 6',
  " | truncate_bytes: 'x'",
  " | date: '%Y-%m-%d'",
  ' | relative_time',
  ' | md_escape',
  ' | raw',
  ' | dingtalk_link',
  ' | url_encode',
  ' | upcase',
  " | mask | default: 'x' | raw",
];
const anOutput = fc
  .tuple(fc.constantFrom(...paths), fc.constantFrom(...filters))
  .map(([path, filter]) => `{{ ${path}${filter} }}`);
const aText = fc.constantFrom('', '订单 ', '*ok* ', '\n', ' - ', '{%- comment -%}no{%- endcomment -%}');
const aTemplate = fc
  .array(fc.oneof(anOutput, anOutput, aText), { maxLength: 6 })
  .map((parts) => parts.join(''));
const aValue = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    '',
    0,
    -1.5,
    1e21,
    '13800001234',
    '2026-03-02T04:00:00Z',
    '<a> & *b*',
    10n ** 18n,
  ),
  fc.string({ maxLength: 12 }),
  fc.integer(),
  fc.double(),
);
const someData = fc.record(
  {
    a: fc.oneof(
      aValue,
      fc.record({ b: aValue, first: aValue }, { requiredKeys: [] }),
      fc.array(aValue, { maxLength: 3 }),
    ),
    b: aValue,
    l: fc.array(aValue, { maxLength: 3 }),
    size: aValue,
  },
  { requiredKeys: [] },
);

it('says what the engine says, whatever the template and the data', () => {
  const seen = { straight: 0, ok: 0, failed: 0 };
  fc.assert(
    fc.property(
      aTemplate,
      someData,
      fc.constantFrom<FieldMode>('plain', 'markdown'),
      (source, data, mode) => {
        const template = compiled(source, mode);
        // A tag, though it says nothing, leaves the template to the engine.
        const byEngine = compiled(`{% if false %}{% endif %}${source}`, mode);
        expect(byEngine.straight).toBeNull();
        if (template.straight !== null) seen.straight += 1;
        const scope = { data: liquidView(data, 'Asia/Shanghai') };
        const rendering = engine.render(template, scope, noon);
        expect(rendering).toEqual(engine.render(byEngine, scope, noon));
        seen[rendering.ok ? 'ok' : 'failed'] += 1;
      },
    ),
    { numRuns: 3_000 },
  );
  // The comparison means something only where all of it comes up.
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(300);
});

it('charges the steps and the characters that the engine charges', () => {
  const data = { data: { a: 'x'.repeat(500) } };
  const rendered = (source: string): number => {
    const whole = new RouteRenderBudget();
    const template = compiled(source, 'plain');
    let count = 0;
    while (engine.render(template, data, noon, whole).ok) count += 1;
    return count;
  };
  // Text and output are a step each, and one for the whole.
  expect(rendered('a{{ data.a | raw }}')).toBe(rendered('{% comment %}{% endcomment %}{{ data.a | raw }}'));
  expect(rendered('a')).toBe(rendered('{% comment %}{% endcomment %}'));
});

it('takes most templates that people write', () => {
  for (const source of [
    '{{ data.userid }}',
    "订单 {{ data.order_id }}：{{ data.amount_cents | money: 'CNY' }}，请处理",
    "{{ meta.time | date: '%H:%M' }} {{ data.note | default: '-' }}",
    'no output at all',
  ]) {
    expect(compiled(source, 'plain').straight, source).not.toBeNull();
  }
});
