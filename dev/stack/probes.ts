import { connect } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';

/** Whether a broker is up so far that it names itself in the cluster's metadata. */
export async function brokerAnswers(brokers: string): Promise<boolean> {
  // A closed port is seen much faster this way than through a Kafka client, which would also warn about it.
  if (!(await portAnswers(brokers))) return false;
  const kafka = new Kafka({
    clientId: 'dingbus-stack',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2_000,
    requestTimeout: 3_000,
    retry: { retries: 0 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const cluster = await admin.describeCluster();
    return cluster.brokers.length > 0;
  } catch {
    return false;
  } finally {
    await admin.disconnect();
  }
}

/** Whether one of `host:port,host:port` takes a connection. */
export async function portAnswers(addresses: string): Promise<boolean> {
  for (const address of addresses.split(',')) {
    const colon = address.lastIndexOf(':');
    const host = address.slice(0, colon).trim().replace(/^\[|\]$/g, '');
    if (await connects(host, Number(address.slice(colon + 1)))) return true;
  }
  return false;
}

function connects(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 3_000 });
    const finish = (open: boolean) => (): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', finish(true));
    socket.once('error', finish(false));
    socket.once('timeout', finish(false));
  });
}

/** Whether a registry lists its subjects. */
export async function registryAnswers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(3_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
