/** Room for a record of 10 MB with its headers and batch, the largest that the tests send, in bytes. */
const largestMessage = 12 * 1024 * 1024;

export interface KafkaPlace {
  /** Where the broker listens, `host:port`. */
  readonly listener: string;
  /** What it tells its clients, `host:port`. */
  readonly advertised: string;
  /** Where it listens as its own controller. */
  readonly controller: string;
  readonly logFolder: string;
}

/** The settings of a broker that is alone and its own controller (KRaft). */
export function kafkaSettings(place: KafkaPlace): Record<string, string | number | boolean> {
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@${place.controller}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    listeners: `PLAINTEXT://${place.listener},CONTROLLER://${place.controller}`,
    'advertised.listeners': `PLAINTEXT://${place.advertised}`,
    'log.dirs': place.logFolder,
    'auto.create.topics.enable': false,
    'message.max.bytes': largestMessage,
    'replica.fetch.max.bytes': largestMessage,
    // One broker holds everything once, and few internal partitions make starting and stopping quick.
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // Tests form groups all the time and let members die; neither may take longer than it has to.
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1_000,
    // A broker that was killed may only come back once its session is over; the default of 9 s makes tests wait.
    'broker.session.timeout.ms': 4_000,
    'broker.heartbeat.interval.ms': 500,
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
  };
}
