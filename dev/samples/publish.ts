import { readFileSync } from 'node:fs';
import type { Registry } from '../../src/registry/registry.ts';
import type { OutgoingRecord, Sink } from '../../src/kafka/sink-types.ts';
import type { RecordHeader } from '../../src/model/record.ts';
import type { SampleEvent } from './events.ts';

/** Puts sample events on their topics as upstream teams would. `suffix` makes their ids new for a repeated run. */
export class SamplePublisher {
  readonly #sink: Sink;
  readonly #registry: Registry;
  readonly #suffix: string;

  constructor(sink: Sink, registry: Registry, suffix: string) {
    this.#sink = sink;
    this.#registry = registry;
    this.#suffix = suffix;
  }

  /** Registers the schemas of all Avro samples. */
  async registerSchemas(events: readonly SampleEvent[]): Promise<void> {
    for (const { topic, wire } of events) {
      if (wire.kind === 'avro') await this.#writer(topic, wire.type).ready();
    }
  }

  async publish(event: SampleEvent): Promise<void> {
    await this.#sink.publish([
      { topic: event.topic, key: Buffer.from(event.key), ...(await this.#encode(event)) },
    ]);
  }

  async #encode({ topic, key, wire }: SampleEvent): Promise<Pick<OutgoingRecord, 'value' | 'headers'>> {
    const id = `${key}${this.#suffix}`;
    switch (wire.kind) {
      case 'avro':
        return { value: await this.#writer(topic, wire.type).write(wire.value), headers: [] };
      case 'cloudevents-binary':
        return {
          value: json(wire.value),
          headers: headers({ ...attributes(wire, id), 'content-type': 'application/json' }),
        };
      case 'cloudevents-structured': {
        const { type, source } = wire;
        const document = {
          specversion: '1.0',
          id,
          source,
          type,
          datacontenttype: 'application/json',
          data: wire.value,
        };
        return {
          value: json(document),
          headers: headers({ 'content-type': 'application/cloudevents+json; charset=utf-8' }),
        };
      }
      case 'json': {
        const value = wire.value as { readonly incident_id: string };
        return { value: json({ ...value, incident_id: `${value.incident_id}${this.#suffix}` }), headers: [] };
      }
      case 'bytes':
        return { value: Buffer.from(wire.value), headers: [] };
    }
  }

  /** Several types share a topic, so each has a subject of its own (TopicRecordNameStrategy). */
  #writer(topic: string, type: string): ReturnType<Registry['writerFor']> {
    const schema = readFileSync(new URL(`../../schemas/events/${type}.avsc`, import.meta.url), 'utf8');
    return this.#registry.writerFor(`${topic}-${type}`, schema);
  }
}

function attributes(
  wire: { readonly type: string; readonly source: string },
  id: string,
): Record<string, string> {
  const time = new Date().toISOString();
  return { ce_specversion: '1.0', ce_id: id, ce_source: wire.source, ce_type: wire.type, ce_time: time };
}

function headers(entries: Readonly<Record<string, string>>): RecordHeader[] {
  return Object.entries(entries).map(([key, value]) => ({ key, value: Buffer.from(value) }));
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
