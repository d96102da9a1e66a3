import { createServer, type Server, type Socket } from 'node:net';
import type { Server as HttpServer } from 'node:http';
import type { ApiRequest } from '../gateway.ts';
import type { Outcome } from '../fault-effects.ts';
import { readPlainRequest, responseText, type PlainRequest } from './wire.ts';

/**
 * Accepts connections and serves plain API calls (a complete small request with a Content-Length) straight from the
 * socket: Node's HTTP server takes three times as long for each, and load tests need more than it can give. The first
 * request that is anything else (uploads, pages, chunked bodies, …) hands the connection over to that server for good.
 */
export interface FastLane {
  readonly server: Server;
  /** Cuts every connection. */
  cut(): void;
}

export interface LaneOptions {
  readonly full: HttpServer;
  /** Whether a path is one that this lane serves. */
  readonly serves: (path: string) => boolean;
  readonly handle: (request: ApiRequest) => Outcome;
  /** Runs a task after a delay in milliseconds. */
  readonly later: (delayMs: number, task: () => void) => void;
}

export function createFastLane(options: LaneOptions): FastLane {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A caller that goes away is no event worth telling.
    socket.on('error', () => socket.destroy());
    serveConnection(socket, options);
  });
  return {
    server,
    cut() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function serveConnection(socket: Socket, options: LaneOptions): void {
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  let pending: Buffer | null = null;
  // While an answer is delayed, requests behind it wait, so that answers keep their order.
  let waiting = false;

  const take = (chunk: Buffer): void => {
    pending = pending === null ? chunk : Buffer.concat([pending, chunk]);
    if (!waiting) work();
  };

  const work = (): void => {
    const bytes = pending;
    if (bytes === null) return;
    let position = 0;
    let answers = '';
    while (position < bytes.length) {
      const request = readPlainRequest(bytes, position);
      if (request === 'partial') break;
      if (request === 'other' || !options.serves(pathOf(request))) {
        if (answers !== '') socket.write(answers);
        handOver(bytes.subarray(position));
        return;
      }
      position = request.end;
      const outcome = options.handle(toApiRequest(request, address));
      if (outcome.kind === 'cut') {
        // What was answered before this request still has to leave.
        if (answers === '') socket.destroy();
        else socket.write(answers, () => socket.destroy());
        return;
      }
      if (outcome.kind === 'silence' || outcome.delayMs > 0) {
        waiting = true;
        pending = position < bytes.length ? bytes.subarray(position) : null;
        if (answers !== '') socket.write(answers);
        if (outcome.kind === 'answer') answerLater(outcome.delayMs, responseText(outcome.answer));
        return;
      }
      answers += responseText(outcome.answer);
    }
    pending = position < bytes.length ? bytes.subarray(position) : null;
    if (answers !== '') socket.write(answers);
  };

  const answerLater = (delayMs: number, text: string): void => {
    options.later(delayMs, () => {
      if (socket.destroyed) return;
      socket.write(text);
      waiting = false;
      work();
    });
  };

  const handOver = (rest: Buffer): void => {
    socket.off('data', take);
    socket.pause();
    socket.unshift(rest);
    options.full.emit('connection', socket);
    socket.resume();
  };

  socket.on('data', take);
}

function pathOf(request: PlainRequest): string {
  const question = request.target.indexOf('?');
  return question < 0 ? request.target : request.target.slice(0, question);
}

function toApiRequest(request: PlainRequest, address: string): ApiRequest {
  const path = pathOf(request);
  return {
    method: request.method,
    path,
    search: request.target.slice(path.length + 1),
    contentType: request.contentType,
    body: request.body,
    address,
    values: null,
  };
}
