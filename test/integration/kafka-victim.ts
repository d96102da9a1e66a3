/** A process that reads a topic until it is killed. Arguments: brokers, topic, group. Tells its member id on stdout. */
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createSource } from '../../src/kafka/source.ts';

const [brokers = '', topic = '', groupId = ''] = process.argv.slice(2);
createSource({
  connection: { brokers: brokers.split(','), clientId: 'victim', ssl: null, sasl: null },
  groupId,
  topics: [{ topic, start: 'earliest' }],
  sessionTimeoutMs: 45_000,
  clock: systemClock,
  logger: silentLogger,
  handler: {
    onBatch: ({ records }) => Promise.resolve({ processedTo: (records.at(-1)?.offset ?? -1n) + 1n }),
    onJoined: (memberId) => process.stdout.write(`${memberId}\n`),
  },
  onCrash: (error) => {
    throw error;
  },
  onStall: () => undefined,
}).start();
