import { describe, expect, it } from 'vitest';
import { fakeProgram } from './fake-ports.ts';
import { adminToken, harness } from './harness.ts';

describe('health', () => {
  it('is healthy while the process answers and no watchdog barks', async () => {
    const { ask } = harness();
    const response = await ask('/-/healthy');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ healthy: true, components: [] });
  });

  it('asks to be restarted when a watchdog says that nothing else helps', async () => {
    const { ask, program } = harness();
    program.live = [{ component: 'kafka', ok: false, reason: 'no fetch for 300 s' }];
    const response = await ask('/-/healthy');
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('no fetch for 300 s');
  });

  it('tells who balances load why no message can flow', async () => {
    const { ask, program } = harness();
    program.ready = [
      { component: 'ledger', ok: true, reason: null },
      { component: 'app:default', ok: false, reason: 'held: ip_ban until 12:05' },
    ];
    const response = await ask('/-/ready', { from: '10.1.2.3' });
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      ready: false,
      components: [
        { component: 'ledger', ok: true, reason: null },
        { component: 'app:default', ok: false, reason: 'held: ip_ban until 12:05' },
      ],
    });
  });

  it('stays ready, and says so, when only the last reload failed', async () => {
    const { ask, program } = harness();
    program.ready = [{ component: 'configuration', ok: true, reason: 'the last reload failed: 2 faults' }];
    const response = await ask('/-/ready');
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('the last reload failed');
  });

  it('masks mobile numbers in reasons', async () => {
    const { ask, program } = harness();
    program.ready = [{ component: 'ledger', ok: false, reason: 'row of 13800001201 is broken' }];
    expect(await (await ask('/-/ready')).text()).toContain('row of 138******01');
  });

  it('is not ready when the probe hangs, instead of hanging with it', async () => {
    const program = fakeProgram();
    const hanging = {
      ...program.ports,
      health: { live: () => [], ready: () => new Promise<never>(() => undefined) },
    };
    const { ask, clock } = harness({ program: { ...program, ports: hanging } });
    const asked = ask('/-/ready');
    await clock.advance(2_000);
    const response = await asked;
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('no answer within 2000 ms');
  });

  it('is not ready when the probe breaks, and clears its timer', async () => {
    const program = fakeProgram();
    const broken = {
      ...program.ports,
      health: { live: () => [], ready: () => Promise.reject(new Error('database is locked')) },
    };
    const { ask, clock } = harness({ program: { ...program, ports: broken } });
    const response = await ask('/-/ready');
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('database is locked');
    expect(clock.pending).toBe(0);
  });
});

describe('POST /-/reload', () => {
  it('reloads with the admin token and records who asked', async () => {
    const { ask, program } = harness();
    const response = await ask('/-/reload', { method: 'POST', token: adminToken });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ ok: true, config_hash: 'c0ffee01' });
    expect(program.audit).toMatchObject([
      { action: 'reload', actor: 'admin 127.0.0.1', outcome: 'done', targets: [] },
    ]);
  });

  it('tells every fault of a configuration that was not taken', async () => {
    const { ask, program } = harness();
    program.nextReload = {
      at: 0,
      ok: false,
      hash: 'c0ffee01',
      needsRestart: [],
      faults: [
        {
          file: 'config/routes/a.yaml',
          line: 3,
          col: 9,
          severity: 'error',
          code: 'unknown_template',
          message: 'there is no template "x"',
          remedy: null,
        },
      ],
    };
    const response = await ask('/-/reload', { method: 'POST', token: adminToken });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      ok: false,
      faults: [{ line: 3, code: 'unknown_template' }],
    });
    expect(program.audit).toMatchObject([{ outcome: 'refused' }]);
  });

  it('does nothing without a token', async () => {
    const { ask, program } = harness();
    const response = await ask('/-/reload', { method: 'POST' });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({
      title: 'token missing',
      status: 401,
      code: 'token_missing',
      detail: 'This needs the admin token in the header "Authorization: Bearer …".',
    });
    expect(program.asked).toEqual([]);
  });

  it('is off, in words, when no admin token is configured', async () => {
    const { ask, program } = harness({ admin: null });
    const response = await ask('/-/reload', { method: 'POST', token: 'anything' });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('no admin token is configured');
    expect(program.asked).toEqual([]);
  });
});
