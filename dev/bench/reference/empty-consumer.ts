/**
 * A bare consumer that does nothing with what it reads: as fast as the client library hands records over.
 * Arguments: topic, group. Answers over the channel with how many records it has had.
 */
import { Kafka, logLevel } from 'kafkajs';

const [topic = '', groupId = ''] = process.argv.slice(2);
let count = 0;
const kafka = new Kafka({
  brokers: (process.env['KAFKA_BROKERS'] ?? '').split(','),
  logLevel: logLevel.NOTHING,
});
const consumer = kafka.consumer({ groupId });
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
await consumer.run({
  eachBatch: ({ batch }) => {
    count += batch.messages.length;
    return Promise.resolve();
  },
});

process.on('message', () => process.send?.(count));
process.once('SIGTERM', () => process.exit(0));
