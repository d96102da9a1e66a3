/**
 * What a person would write in an afternoon: reads events and posts a message for each, 64 at a time over connections
 * that are kept, and promises nothing: a crash loses or repeats messages, no limit is counted, nothing is followed.
 * Arguments: topic, group, URL of DingTalk. Answers "cpu" over the channel with its processor seconds so far.
 */
import { Kafka, logLevel } from 'kafkajs';
import { Pool } from 'undici';

const inFlight = 64;
const [topic = '', groupId = '', url = ''] = process.argv.slice(2);
const pool = new Pool(url, { connections: inFlight, pipelining: 1 });

const answer = await pool.request({
  method: 'GET',
  path: '/gettoken?appkey=dingsimulatorkey&appsecret=simulator-secret',
});
const { access_token: token } = (await answer.body.json()) as { access_token: string };

async function post(value: Buffer): Promise<void> {
  const data = JSON.parse(value.toString()) as { userid: string; order_id: string; amount_cents: number };
  const text = `订单 ${data.order_id}：${(data.amount_cents / 100).toFixed(2)} 元，请处理`;
  const form = new URLSearchParams({
    agent_id: '836390886',
    userid_list: data.userid,
    msg: JSON.stringify({ msgtype: 'text', text: { content: text } }),
  });
  const { body } = await pool.request({
    method: 'POST',
    path: `/topapi/message/corpconversation/asyncsend_v2?access_token=${token}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded;charset=utf-8' },
    body: form.toString(),
  });
  const { errcode } = (await body.json()) as { errcode: number };
  if (errcode !== 0) throw new Error(`refused with ${errcode}`);
}

const flying = new Set<Promise<void>>();
const kafka = new Kafka({
  brokers: (process.env['KAFKA_BROKERS'] ?? '').split(','),
  logLevel: logLevel.NOTHING,
});
const consumer = kafka.consumer({ groupId });
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
await consumer.run({
  partitionsConsumedConcurrently: 3,
  eachBatch: async ({ batch }) => {
    for (const { value } of batch.messages) {
      while (flying.size >= inFlight) await Promise.race(flying);
      if (value === null) continue;
      const posted: Promise<void> = post(value).finally(() => flying.delete(posted));
      flying.add(posted);
    }
  },
});

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.((user + system) / 1e6);
});
process.once('SIGTERM', () => process.exit(0));
