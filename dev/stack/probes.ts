import { connect, type Socket } from 'node:net';

/** An unanswered question counts as "no" after this time, in milliseconds. */
const answerWithinMs = 3_000;

/**
 * Kafka's Metadata request, version 1, for no topic at all: key, version, correlation id, no client id, no topics.
 * Source: Kafka protocol guide, "Metadata API (Key: 3)".
 */
const metadataRequest = framed([int16(3), int16(1), int32(1), int16(-1), int32(0)]);

/** Whether a broker is up so far that it names at least one broker in the cluster's metadata. */
export function brokerAnswers(brokers: string): Promise<boolean> {
  return anyAnswers(brokers, (socket, answer) => {
    let received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      // Size, correlation id, then the array of brokers with its length first.
      if (received.length >= 12) answer(received.readInt32BE(8) > 0);
    });
    socket.write(metadataRequest);
  });
}

/** Whether one of `host:port,host:port` takes a connection; nothing is sent, so any security protocol will do. */
export function portAnswers(addresses: string): Promise<boolean> {
  return anyAnswers(addresses, (_socket, answer) => {
    answer(true);
  });
}

type Ask = (socket: Socket, answer: (yes: boolean) => void) => void;

async function anyAnswers(addresses: string, ask: Ask): Promise<boolean> {
  for (const address of addresses.split(',')) {
    const colon = address.lastIndexOf(':');
    const host = address
      .slice(0, colon)
      .trim()
      .replace(/^\[|\]$/g, '');
    if (await asked(host, Number(address.slice(colon + 1)), ask)) return true;
  }
  return false;
}

function asked(host: string, port: number, ask: Ask): Promise<boolean> {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const answer = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    const no = (): void => {
      answer(false);
    };
    socket.setTimeout(answerWithinMs, no);
    socket.once('error', no);
    socket.once('close', no);
    socket.once('connect', () => {
      ask(socket, answer);
    });
  });
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function framed(parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([int32(body.length), body]);
}

/** Whether a registry lists its subjects. */
export async function registryAnswers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(answerWithinMs) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
