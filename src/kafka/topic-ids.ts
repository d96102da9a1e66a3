import type { Cluster } from './group-hooks.ts';
import { type LibraryEncoder, type LibraryReader, newEncoder, newReader } from './kafkajs.ts';

/** The Metadata request, and the version in which every broker since Kafka 3.0 tells the ids of topics. */
const metadataKey = 3;
const metadataVersion = 12;
/** Brokers that keep no ids give this one. */
const noId = '0'.repeat(32);

/**
 * The broker's id of each topic, hex: another one after a topic was deleted and created anew, which its name does not tell.
 * The library's own requests are older than these ids. A topic is left out when the broker knows none.
 * Source: https://kafka.apache.org/protocol#The_Messages_Metadata
 */
export async function topicIds(
  cluster: Cluster,
  topics: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const broker = await cluster.brokerPool.findConnectedBroker();
  const known = broker.versions?.[metadataKey];
  if (topics.length === 0 || known === undefined || known.maxVersion < metadataVersion) return new Map();
  return broker.connectionPool.send({
    request: {
      apiKey: metadataKey,
      apiVersion: metadataVersion,
      apiName: 'Metadata',
      encode: () => Promise.resolve(encode(topics)),
    },
    response: {
      decode: (raw) => Promise.resolve(decode(newReader(raw))),
      parse: (ids) => Promise.resolve(ids),
    },
  });
}

function encode(topics: readonly string[]): LibraryEncoder {
  // The empty tag buffer in front belongs to the request's header, which the library writes in its older form.
  const request = newEncoder()
    .writeUVarInt(0)
    .writeUVarInt(topics.length + 1);
  for (const topic of topics) {
    // Asked for by name, so the id is zero.
    for (let word = 0; word < 4; word++) request.writeInt32(0);
    request.writeUVarIntString(topic).writeUVarInt(0);
  }
  // Neither create topics nor tell what may be done with them.
  return request.writeBoolean(false).writeBoolean(false).writeUVarInt(0);
}

function decode(answer: LibraryReader): ReadonlyMap<string, string> {
  skipTags(answer);
  answer.readInt32();
  each(answer, () => {
    answer.readInt32();
    answer.readUVarIntString();
    answer.readInt32();
    answer.readUVarIntString();
    skipTags(answer);
  });
  answer.readUVarIntString();
  answer.readInt32();
  const ids = new Map<string, string>();
  each(answer, () => {
    answer.readInt16();
    const name = answer.readUVarIntString();
    const id = answer.readBytes(16)?.toString('hex') ?? noId;
    if (name !== null && id !== noId) ids.set(name, id);
    answer.readBoolean();
    each(answer, () => skipPartition(answer));
    answer.readInt32();
    skipTags(answer);
  });
  return ids;
}

function skipPartition(answer: LibraryReader): void {
  answer.readInt16();
  for (let field = 0; field < 3; field++) answer.readInt32();
  for (let list = 0; list < 3; list++) each(answer, () => answer.readInt32());
  skipTags(answer);
}

function each(answer: LibraryReader, read: () => void): void {
  for (let left = answer.readUVarInt() - 1; left > 0; left--) read();
}

function skipTags(answer: LibraryReader): void {
  for (let left = answer.readUVarInt(); left > 0; left--) {
    answer.readUVarInt();
    answer.readBytes(answer.readUVarInt());
  }
}
