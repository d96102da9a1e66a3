import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RegistryRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** An HTTP server on loopback that answers as a test tells it, to show what a registry or a proxy can do to us. */
export class RegistryServer {
  readonly requests: RegistryRequest[] = [];
  readonly #server: Server;
  /** Stays when the server stops. */
  url = '';

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(
    answer: (request: RegistryRequest, response: ServerResponse) => void,
  ): Promise<RegistryServer> {
    const server = createServer((incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const request = {
          method: incoming.method ?? '',
          path: incoming.url ?? '',
          headers: incoming.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        };
        self.requests.push(request);
        answer(request, response);
      });
    });
    const self = new RegistryServer(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    self.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return self;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' })
    .end(JSON.stringify(body));
}
