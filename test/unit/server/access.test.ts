import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/base/sensitive.ts';
import { adminToken, harness, readToken } from './harness.ts';

const reading = '/api/v1/holds';
const pause = { body: { subject: '*' } };

describe('access', () => {
  it('lets programs on the same machine read without a token', async () => {
    const { ask } = harness();
    expect((await ask(reading)).status).toBe(200);
    expect((await ask(reading, { from: '::1' })).status).toBe(200);
    expect((await ask(reading, { from: '::ffff:127.0.0.1' })).status).toBe(200);
  });

  it('asks others for a token', async () => {
    const { ask } = harness();
    expect((await ask(reading, { from: '10.0.0.8' })).status).toBe(401);
    expect((await ask(reading, { from: '10.0.0.8', token: adminToken })).status).toBe(200);
  });

  it('does not take a proxy on the same machine for its users', async () => {
    const { ask } = harness();
    expect((await ask(reading, { headers: { 'x-forwarded-for': '203.0.113.9' } })).status).toBe(401);
  });

  it('does not answer a foreign page that points its own name at this machine', async () => {
    const { ask } = harness();
    expect((await ask(reading, { headers: { host: 'evil.example.com' } })).status).toBe(401);
    expect((await ask(reading, { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(401);
    expect((await ask(reading, { headers: { 'sec-fetch-site': 'same-origin' } })).status).toBe(200);
  });

  it('stays closed to the network when no token is configured at all', async () => {
    const { ask } = harness({ admin: null });
    const response = await ask(reading, { from: '10.0.0.8' });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'local_only' });
  });

  it('asks everybody for a token once a read token is configured', async () => {
    const { ask } = harness({ read: new Secret(readToken) });
    expect((await ask(reading)).status).toBe(401);
    expect((await ask(reading, { token: readToken })).status).toBe(200);
    expect((await ask(reading, { token: adminToken })).status).toBe(200);
  });

  it('changes nothing with a read token', async () => {
    const { ask, program } = harness({ read: new Secret(readToken) });
    const response = await ask('/api/v1/pause', { ...pause, token: readToken });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'read_only' });
    expect(program.asked).toEqual([]);
    expect(program.audit).toEqual([]);
  });

  it('never takes an empty token for a token that is not configured', async () => {
    const { ask } = harness({ admin: new Secret('') });
    expect((await ask('/api/v1/pause', { ...pause, headers: { authorization: 'Bearer ' } })).status).toBe(
      401,
    );
  });

  it('follows a token that a reload has changed', async () => {
    let token = new Secret('old-token');
    const { ask } = harness({ admin: () => token });
    expect((await ask('/api/v1/pause', { ...pause, token: 'old-token' })).status).toBe(200);
    token = new Secret('new-token');
    expect((await ask('/api/v1/pause', { ...pause, token: 'new-token' })).status).toBe(200);
  });

  it('makes guessing slow: each wrong token waits longer, and guesses in parallel are turned away', async () => {
    const { ask, clock } = harness();
    const guess = (): Promise<number> =>
      ask(reading, { token: 'wrong', from: '10.0.0.8' }).then((response) => response.status);
    const answered: number[] = [];
    void guess().then((status) => answered.push(status));
    await clock.advance(249);
    expect(answered).toEqual([]);
    await clock.advance(1);
    expect(answered).toEqual([401]);

    for (let n = 0; n < 5; n++) void guess().then((status) => answered.push(status));
    await clock.advance(0);
    expect(await guess()).toBe(429);
    // Others, and the same person afterwards, are not punished for it.
    expect((await ask(reading, { token: adminToken, from: '10.0.0.9' })).status).toBe(200);
    await clock.advance(8_000);
    expect(answered).toEqual([401, 401, 401, 401, 401, 401]);
    expect((await ask(reading, { token: adminToken, from: '10.0.0.8' })).status).toBe(200);
  });
});

describe('every answer', () => {
  it('forbids frames, foreign scripts and sniffing, and allows no other origin', async () => {
    const { ask } = harness();
    for (const path of ['/-/healthy', '/metrics', '/api/v1/holds', '/api/v1/nothing', '/']) {
      const { headers } = await ask(path, { headers: { origin: 'https://evil.example.com' } });
      expect(headers.get('content-security-policy')).toContain("script-src 'self'");
      expect(headers.get('content-security-policy')).not.toContain('unsafe');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('access-control-allow-origin')).toBeNull();
      expect(headers.get('set-cookie')).toBeNull();
    }
  });
});
