/** As many members and elements as the configuration allows, with templates that people write. */
import { expect, it } from 'vitest';
import { compile, event, now } from '../../fakes/rules.ts';

it('a digest of 500 members lists each of them', () => {
  const { rules } = compile(`routes:
  - name: builds
    on: orders
    to: { userids: [u1] }
    digest: { key: meta.source, window: 10m, max: 500 }
    message:
      on_too_long: truncate
      markdown:
        title: "{{ count }} 条流水线失败"
        text: |-
          ### {{ key }}
          {% for item in items -%}
          - [{{ item.data.project }} #{{ item.data.run }}]({{ item.data.url | raw }}){% if item.data.branch != 'main' %}（{{ item.data.branch }}）{% endif %}
            {{ item.meta.time | date: '%H:%M' }}，{{ item.data.author | default: '-' }}
          {% endfor %}
`);
  const members = Array.from({ length: 500 }, (_none, run) =>
    event(
      { project: 'checkout', run, branch: 'release', url: `https://ci.example.com/${run}`, author: '秦岚' },
      { time: new Date(now) },
    ),
  );
  const planned = rules.planDigest('builds', 'ci', members, now);
  expect(planned?.failure).toBeNull();
  expect(planned?.message?.body).toContain('500 条流水线失败');
});

it('a form is rendered for each of 1,000 elements', () => {
  const { rules } = compile(`routes:
  - name: each
    on: orders
    for_each: data.lines
    to: { userids: ["{{ item.owner }}"] }
    message:
      oa:
        message_url: "https://ops.example.com/{{ item.id }}"
        head: { bgcolor: FFBBBBBB, text: 订单 }
        body:
          title: "{{ item.id }}"
          form:
            - { key: "单号：", value: "{{ item.id }}" }
            - { key: "金额：", value: "{{ item.cents | money: 'CNY' }}" }
            - { key: "城市：", value: "{{ item.city | default: '-' }}" }
            - { key: "备注：", value: "{{ item.note }}" }
          content: "{{ item.note }} {{ item.city }}"
`);
  const lines = Array.from({ length: 1000 }, (_none, id) => ({
    id: String(id),
    owner: `u${id}`,
    cents: 123456n,
    city: '杭州',
    note: '请处理',
  }));
  const { notifications } = rules.plan(event({ lines }), now);
  expect(notifications).toHaveLength(1000);
  expect(notifications.filter(({ failure }) => failure !== null)).toEqual([]);
});

it('a text that goes through its elements again for each of them is stopped all the same', () => {
  const { rules } = compile(`routes:
  - name: each
    on: orders
    for_each: data.lines
    to: { userids: [u1] }
    message: { text: { content: "{% for one in data.lines %}{% for other in data.lines %}x{% endfor %}{% endfor %}" } }
`);
  const lines = Array.from({ length: 1000 }, (_none, id) => id);
  const { notifications } = rules.plan(event({ lines }), now);
  expect(notifications.filter(({ failure }) => failure?.reason === 'template_error')).toHaveLength(1000);
  expect(notifications.at(-1)?.failure?.message).toContain('more than 55,000 steps');
});
