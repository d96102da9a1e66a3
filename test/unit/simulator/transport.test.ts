import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { agentId, Bench, conversation, text } from './harness.ts';

const body = JSON.stringify({ agent_id: agentId, userid_list: 'zhangsan', msg: text('你好') });

function request(bench: Bench, extra = '', content = body): string {
  return (
    `POST ${conversation}/asyncsend_v2?access_token=${bench.token} HTTP/1.1\r\nHost: simulator\r\n${extra}` +
    `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(content)}\r\n\r\n${content}`
  );
}

/** Collects what comes until `count` answers are complete, or the connection ends. */
function answers(socket: Socket, count: number): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (text.split('"request_id"').length > count) resolve(text);
    });
    socket.on('close', () => {
      resolve(text);
    });
  });
}

function open(bench: Bench): Socket {
  return connect(bench.simulator.port, '127.0.0.1');
}

describe('requests as they come over the wire', () => {
  it('serves requests that come byte by byte', async () => {
    const bench = await Bench.start();
    const socket = open(bench).setNoDelay(true);
    const answer = answers(socket, 1);
    for (const byte of Buffer.from(request(bench))) {
      socket.write(Buffer.of(byte));
      if (byte === 0x0a) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await answer).toContain('"errcode":0');
    expect(bench.control.inbox('zhangsan')[0]?.msg).toEqual(text('你好'));
    socket.destroy();
  });

  it('answers several requests on one connection in their order, a delayed one included', async () => {
    const bench = await Bench.start();
    bench.control.addFault({ name: 'slow', ms: 1_000, count: 1 });
    const socket = open(bench);
    const answer = answers(socket, 3);
    socket.write(request(bench) + request(bench) + request(bench));
    while (bench.clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(bench.control.tasks()).toHaveLength(1);
    await bench.clock.advance(1_000);
    const ids = [...(await answer).matchAll(/"task_id":(\d+)/g)].map(([, id]) => id);
    expect(ids).toEqual(['256271667526', '256271667527', '256271667528']);
    socket.destroy();
  });

  it('hands a connection over for what the fast lane does not read, mid-way too', async () => {
    const bench = await Bench.start();
    const socket = open(bench);
    const answer = answers(socket, 3);
    const chunked =
      `POST ${conversation}/asyncsend_v2?access_token=${bench.token} HTTP/1.1\r\nHost: simulator\r\n` +
      `Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n` +
      `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    socket.write(request(bench) + chunked);
    socket.write(request(bench));
    expect((await answer).split('"errcode":0')).toHaveLength(4);
    expect(bench.control.tasks()).toHaveLength(3);
    socket.destroy();
  });

  it('understands Connection: close and headers in any case', async () => {
    const bench = await Bench.start();
    const socket = open(bench);
    const answer = answers(socket, 9);
    socket.write(request(bench, 'CONNECTION: close\r\n').replace('Content-Type', 'CONTENT-TYPE'));
    expect(await answer).toContain('"errcode":0');
  });

  it('answers an unknown path with 22 and writes it down', async () => {
    const bench = await Bench.start();
    expect(await bench.post('/topapi/message/corpconversation/asyncsend_v3', {})).toMatchObject({
      errcode: 22,
    });
    expect(await bench.get('/nothing')).toMatchObject({ errcode: 22 });
    expect(bench.control.violations().map(({ kind }) => kind)).toEqual(['path', 'path']);
  });

  it.each([
    ['JSON that is none', 'application/json', '{agent_id:1}', 43009],
    ['a JSON array', 'application/json', '[]', 43009],
    ['another content type', 'text/plain', '{}', 43004],
    ['nothing', 'application/json', '', 40],
  ])('refuses %s', async (_name, type, content, code) => {
    const bench = await Bench.start();
    const url = `${bench.simulator.url}${conversation}/asyncsend_v2?access_token=${bench.token}`;
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body: content });
    expect(await answer.json()).toMatchObject({ errcode: code });
  });

  it('refuses GET where POST is documented', async () => {
    const bench = await Bench.start();
    const path = `${conversation}/getsendprogress?access_token=${bench.token}&agent_id=1&task_id=1`;
    expect(await bench.get(path)).toMatchObject({ errcode: 43002 });
  });

  it('survives garbage', async () => {
    const bench = await Bench.start();
    const socket = open(bench);
    socket.on('error', () => socket.destroy()).resume();
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.write('\u0000\u0001 this is no HTTP\r\n\r\n');
    await closed;
    expect(await bench.send({ userid_list: 'zhangsan' })).toMatchObject({ errcode: 0 });
  });

  it('stops at once although connections are open and answers are owed', async () => {
    const bench = await Bench.start();
    bench.control.addFault({ name: 'half-open', operation: 'send' });
    const call = bench.send({ userid_list: 'zhangsan' }).catch(() => 'cut');
    while (bench.control.calls('send').length === 0) await new Promise((resolve) => setImmediate(resolve));
    await bench.stop();
    expect(await call).toBe('cut');
  });
});
