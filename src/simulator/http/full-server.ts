import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Outcome } from '../fault-effects.ts';
import type { ApiRequest } from '../gateway.ts';
import { operations } from '../operations.ts';
import { readMultipart } from './multipart.ts';

/** Requests of the API are small; a body beyond this is cut off. Bytes. */
const bodyLimit = 8 * 1_048_576;

export interface FullServerOptions {
  readonly handle: (request: ApiRequest) => Outcome;
  readonly later: (delayMs: number, task: () => void) => void;
  /** Serves the control API and the pages. */
  readonly pages: (request: IncomingMessage, response: ServerResponse) => void;
  /** Told of a fault of the simulator itself. */
  readonly failed: (fault: unknown) => void;
}

/** What belongs to the simulator itself rather than to DingTalk. */
export function isOwnPath(path: string): boolean {
  return path === '/' || path === '/favicon.ico' || path === '/_sim' || path.startsWith('/_sim/');
}

/** Node's own HTTP server: uploads, pages, control, and every API call that the fast lane does not take. */
export function createFullServer(options: FullServerOptions): Server {
  const server = createServer((request, response) => {
    const [path, search] = splitTarget(request.url ?? '/');
    if (isOwnPath(path)) {
      options.pages(request, response);
      return;
    }
    readRequest(request, path, search).then(
      (read) => {
        answer(options.handle(read), response, options);
      },
      (fault: unknown) => {
        // The caller broke off, or sent more than anybody may: there is nobody left to answer.
        if (!request.destroyed && !request.readableAborted) options.failed(fault);
        response.destroy();
      },
    );
  });
  // Uploads and silent answers may take as long as they like.
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  server.keepAliveTimeout = 0;
  return server;
}

async function readRequest(request: IncomingMessage, path: string, search: string): Promise<ApiRequest> {
  const contentType = (request.headers['content-type'] ?? '').toLowerCase();
  const common = {
    method: request.method ?? 'GET',
    path,
    search,
    contentType,
    address: (request.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
  };
  if (path === operations.media.path && contentType.startsWith('multipart/form-data')) {
    const form = await readMultipart(request, request.headers['content-type'] ?? '');
    return { ...common, body: '', values: form.fault === null ? form.values : {} };
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    length += bytes.length;
    if (length <= bodyLimit) chunks.push(bytes);
  }
  const body = length <= bodyLimit ? Buffer.concat(chunks).toString('utf8') : '';
  return { ...common, body, values: null };
}

function answer(outcome: Outcome, response: ServerResponse, options: FullServerOptions): void {
  if (outcome.kind === 'cut') {
    response.socket?.destroy();
    return;
  }
  if (outcome.kind === 'silence') return;
  const { status, contentType, body } = outcome.answer;
  const write = (): void => {
    response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) });
    response.end(body);
  };
  if (outcome.delayMs > 0) options.later(outcome.delayMs, write);
  else write();
}

function splitTarget(target: string): [string, string] {
  const question = target.indexOf('?');
  return question < 0 ? [target, ''] : [target.slice(0, question), target.slice(question + 1)];
}
