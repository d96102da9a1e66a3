import type { SASLOptions } from 'kafkajs';
import net from 'node:net';
import tls from 'node:tls';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { KafkaConnection, KafkaSasl, KafkaTls } from './connection.ts';
import type { Cluster } from './group-hooks.ts';
import { kafkajs } from './kafkajs.ts';
import { bridgeLog, connectionGivenUp } from './log.ts';

/** How long a TCP and TLS handshake may take, ms. */
const connectTimeoutMs = 5_000;
/** How long an answer may take, ms; requests that wait by design (fetch, join) have more. */
const requestTimeoutMs = 15_000;
/** A peer that vanished without a word is noticed by TCP after this long, ms. */
const keepAliveMs = 15_000;

/** One connected user of the library, with a way to cut all its sockets when it hangs. */
export interface KafkaClient {
  readonly kafka: InstanceType<typeof kafkajs.Kafka>;
  /** Breaks every connection at once, so that whatever waits for an answer fails instead of waiting for ever. */
  cut(): void;
}

export interface ClientOptions {
  readonly connection: KafkaConnection;
  readonly logger: Logger;
  readonly clock: Clock;
  /** How often the library itself tries again, and how long it waits at most between two attempts, ms. */
  readonly retries: number;
  readonly maxRetryMs: number;
}

export function createClient(options: ClientOptions): KafkaClient {
  const { connection } = options;
  const sockets = new Set<net.Socket>();
  const kafka = new kafkajs.Kafka({
    brokers: [...connection.brokers],
    clientId: connection.clientId,
    connectionTimeout: connectTimeoutMs,
    requestTimeout: requestTimeoutMs,
    retry: {
      initialRetryTime: 100,
      maxRetryTime: options.maxRetryMs,
      multiplier: 2,
      retries: options.retries,
    },
    logLevel: kafkajs.logLevel.WARN,
    logCreator: bridgeLog(options.logger, options.clock),
    socketFactory: (target) => track(sockets, openSocket(target)),
    ...(connection.ssl === null ? {} : { ssl: tlsOptions(connection.ssl) }),
    ...(connection.sasl === null ? {} : { sasl: saslOptions(connection.sasl) }),
  });
  const cut = (): void => {
    for (const socket of sockets) socket.destroy(new Error(connectionGivenUp));
  };
  return { kafka, cut };
}

/**
 * The library's cluster, for what its public interface does not offer: fetching from a partition without a group.
 * A consumer hands it to its partition assigners; the consumer itself is never started.
 */
export function clusterOf(client: KafkaClient): Cluster {
  const found: Cluster[] = [];
  client.kafka.consumer({
    groupId: 'unused',
    allowAutoTopicCreation: false,
    partitionAssigners: [
      ({ cluster }) => {
        found.push(cluster as unknown as Cluster);
        return { name: 'unused', version: 0, assign: () => Promise.resolve([]), protocol: () => noProtocol };
      },
    ],
  });
  const [cluster] = found;
  if (cluster === undefined) throw new Error('kafkajs gave no cluster to the assigner');
  return cluster;
}

const noProtocol = { name: 'unused', metadata: Buffer.alloc(0) };

interface SocketTarget {
  readonly host: string;
  readonly port: number;
  /** Null or absent: plain TCP. */
  readonly ssl?: tls.ConnectionOptions | null;
  readonly onConnect: () => void;
}

function openSocket({ host, port, ssl, onConnect }: SocketTarget): net.Socket {
  const socket =
    ssl === undefined || ssl === null
      ? net.connect({ host, port }, onConnect)
      : tls.connect({ host, port, ...(net.isIP(host) === 0 ? { servername: host } : {}), ...ssl }, onConnect);
  socket.setKeepAlive(true, keepAliveMs);
  // Requests are small and single; waiting for the peer's acknowledgement would add up to 40 ms to each.
  socket.setNoDelay(true);
  return socket;
}

/** The library listens to `end` and `error` alone; a socket that closes without either would leave it waiting. */
function track(sockets: Set<net.Socket>, socket: net.Socket): net.Socket {
  let told = false;
  const tell = (): void => {
    told = true;
  };
  sockets.add(socket);
  socket.once('end', tell);
  socket.once('error', tell);
  socket.once('close', () => {
    sockets.delete(socket);
    if (!told) socket.emit('error', new Error('the connection was closed without a word'));
  });
  return socket;
}

function tlsOptions(settings: KafkaTls): tls.ConnectionOptions {
  return {
    rejectUnauthorized: settings.rejectUnauthorized,
    ...(settings.ca === null ? {} : { ca: settings.ca }),
    ...(settings.cert === null ? {} : { cert: settings.cert }),
    ...(settings.key === null ? {} : { key: settings.key.reveal() }),
    ...(settings.passphrase === null ? {} : { passphrase: settings.passphrase.reveal() }),
    ...(settings.servername === null ? {} : { servername: settings.servername }),
  };
}

function saslOptions(sasl: KafkaSasl): SASLOptions {
  if (sasl.mechanism === 'oauthbearer') {
    const { token } = sasl;
    return {
      mechanism: 'oauthbearer',
      oauthBearerProvider: async () => ({ value: (await token()).reveal() }),
    };
  }
  return { mechanism: sasl.mechanism, username: sasl.username, password: sasl.password.reveal() };
}
