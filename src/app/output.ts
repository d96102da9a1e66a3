import { readFileSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { DingbusError } from '../base/errors.ts';
import type { Admin } from '../kafka/admin-types.ts';
import { TopicsMissingError } from '../kafka/errors.ts';
import type { OutboxRow } from '../ledger/ledger.ts';
import type { Registry } from '../registry/registry.ts';
import { encodeDeadLetter } from '../results/dead-letter.ts';
import { ResultEncoder } from '../results/encode.ts';
import type { OutgoingRecord } from '../results/publisher.ts';
import { resultSchemaUrl, valueSubject } from '../results/schema.ts';

/** Results and dead letters on their way out. */
export interface Output {
  /** Makes sure that both topics exist and that the registry has the schema. Throws while that is not so. */
  prepare(): Promise<void>;
  encode(row: OutboxRow): Promise<OutgoingRecord>;
}

class ResultTopicsMissingError extends DingbusError {
  readonly code = 'result_topics_missing';
}

class NoRegistryError extends DingbusError {
  readonly code = 'no_registry';
}

/** The broker's own default, where the configuration names none. Source: Kafka protocol, CreateTopics v4 (KIP-464). */
const brokerDefault = -1;
/** A dead letter is as large as its record, and that may be larger than the broker's default of 1 MiB allows. */
const deadLetterBytes = 32 * 1_048_576;

export function createOutput(parts: { config: Config; registry: Registry | null; admin: Admin }): Output {
  const { config, registry, admin } = parts;
  const { results } = config;
  if (results.format === 'avro' && registry === null) {
    throw new NoRegistryError(
      'results.format is avro, which needs schema_registry; set it, or results.format: json',
    );
  }
  const writer =
    results.format === 'avro' && registry !== null
      ? registry.writerFor(valueSubject(results.topic), readFileSync(resultSchemaUrl, 'utf8'))
      : null;
  const encoder = new ResultEncoder({ groupId: config.kafka.groupId, avro: writer });
  const topics = [results.topic, results.deadLetterTopic].map((topic) => ({
    topic,
    partitions: results.partitions,
    replication: results.replication ?? brokerDefault,
    retentionMs: results.retentionMs,
    minIsr: results.minInSyncReplicas,
    maxMessageBytes: topic === results.deadLetterTopic ? deadLetterBytes : null,
  }));
  return {
    async prepare() {
      await admin.ensureTopics(topics, results.create).catch((thrown: unknown) => {
        if (!(thrown instanceof TopicsMissingError)) throw thrown;
        throw new ResultTopicsMissingError(
          `${thrown.message}; create them, or set results.create: true so that dingbus does`,
          { cause: thrown },
        );
      });
      await writer?.ready();
    },
    async encode(row) {
      if (row.kind === 'dead_letter')
        return { topic: results.deadLetterTopic, ...encodeDeadLetter(row.deadLetter) };
      return { topic: results.topic, ...(await encoder.encode(row.result, row.recordKey)) };
    },
  };
}
