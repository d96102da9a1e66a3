import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A network between dingbus and PostgreSQL that fails when a test says so. */
export class Proxy {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #rule: { readonly text: string; readonly cut: 'before' | 'after' } | null = null;
  #down = false;
  /** How often the rule has struck. */
  cuts = 0;

  constructor(target: URL) {
    this.#target = { host: target.hostname, port: Number(target.port) };
    this.#server = createServer((client) => {
      this.#serve(client);
    });
  }

  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  /** Breaks the next connection that sends this text: before the server gets it, or after, so that the answer is lost. */
  cutOnce(text: string, cut: 'before' | 'after'): void {
    this.#rule = { text, cut };
  }

  /** Breaks all connections and takes no new ones until `up`. */
  down(): void {
    this.#down = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  up(): void {
    this.#down = false;
  }

  async stop(): Promise<void> {
    this.down();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket): void {
    if (this.#down) {
      client.destroy();
      return;
    }
    const server = connect(this.#target);
    const end = (): void => {
      client.destroy();
      server.destroy();
      this.#sockets.delete(client);
      this.#sockets.delete(server);
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', end);
      socket.on('close', end);
    }
    client.on('data', (chunk) => {
      const rule = this.#rule;
      if (rule === null || !chunk.includes(rule.text)) {
        server.write(chunk);
        return;
      }
      this.#rule = null;
      this.cuts += 1;
      if (rule.cut === 'before') {
        end();
        return;
      }
      // The server acts on it, and its answer finds nobody.
      server.removeAllListeners('data');
      server.once('data', end);
      server.write(chunk);
    });
    server.on('data', (chunk) => client.write(chunk));
  }
}
