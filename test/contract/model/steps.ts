/** What may happen in the model test, as commands for fast-check: it makes sequences of them and shrinks those that fail. */
import fc from 'fast-check';
import { dingtalkDay, nextDingtalkDay } from '../../../src/base/dingtalk-day.ts';
import { gone, protectedPerson, unreachable, type AskScript, type SendScript } from './dingtalk-stand.ts';
import type { NotificationSpec } from './plans.ts';
import type { ModelWorld } from './world.ts';

/** One thing that happens. The model is the world itself, which knows what is true. */
class Step implements fc.AsyncCommand<object, ModelWorld> {
  readonly #name: string;
  readonly #act: (world: ModelWorld) => Promise<void>;

  constructor(name: string, act: (world: ModelWorld) => Promise<void>) {
    this.#name = name;
    this.#act = act;
  }

  check(): boolean {
    return true;
  }

  run(_model: object, world: ModelWorld): Promise<void> {
    return this.#act(world);
  }

  toString(): string {
    return this.#name;
  }
}

const minute = 60_000;
const hour = 60 * minute;

/** Mostly null. */
const maybe = <T>(some: fc.Arbitrary<T>, oneIn: number): fc.Arbitrary<T | null> =>
  fc.oneof({ arbitrary: fc.constant(null), weight: oneIn - 1 }, { arbitrary: some, weight: 1 });

const ordinary = ['u0', 'u1', 'u2', 'u3'] as const;
const users = fc.uniqueArray(fc.constantFrom(...ordinary, ...ordinary, gone, unreachable, protectedPerson), {
  minLength: 1,
  maxLength: 5,
});

const notification: fc.Arbitrary<NotificationSpec> = fc.record({
  users,
  department: fc.integer({ min: 0, max: 7 }).map((n) => n === 0),
  everyone: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  pool: maybe(fc.integer({ min: 0, max: 1 }), 3),
  overLimit: fc.constantFrom('drop', 'drop', 'defer', 'dead_letter'),
  onUnknown: fc.constantFrom('resend', 'resend', 'resend', 'hold'),
  track: fc.constantFrom('delivered', 'delivered', 'read', 'accepted'),
  priority: fc.constantFrom('normal', 'normal', 'high'),
  quiet: maybe(
    fc.record({ ms: fc.constantFrom(minute, 9 * hour), action: fc.constantFrom('defer', 'defer', 'drop') }),
    8,
  ),
  expiresInMs: maybe(fc.constantFrom(0, minute, 6 * hour), 8),
  dedupe: maybe(fc.constantFrom('a', 'b'), 8),
  throttle: maybe(fc.constant('a'), 8),
  digest: maybe(fc.constant('a'), 10),
  correlation: maybe(fc.constantFrom('c1', 'c2'), 3),
});

const wish = fc.record({
  kind: fc.constantFrom('recall', 'recall', 'update'),
  correlation: fc.constantFrom('c1', 'c2'),
});

const codes = ['-1', '90018', '41047', '34016', '60020', '33012', '500', '41045'] as const;
const sendScript: fc.Arbitrary<SendScript> = fc.oneof(
  fc.record({ kind: fc.constant('refuse' as const), code: fc.constantFrom(...codes) }),
  fc.record({ kind: fc.constant('lost' as const), processed: fc.boolean() }),
  fc.record({ kind: fc.constant('not_sent' as const) }),
  fc.record({ kind: fc.constant('slow' as const) }),
);

const askScript: fc.Arbitrary<AskScript> = fc.oneof(
  fc.record({ kind: fc.constant('pending' as const) }),
  fc.record({ kind: fc.constant('fail' as const), code: fc.constantFrom('-1', '41052', '400002', '90018') }),
);

const cut = fc.record({ in: fc.integer({ min: 0, max: 6 }), side: fc.constantFrom('before', 'after') });

function step<T>(
  arbitrary: fc.Arbitrary<T>,
  name: string,
  act: (world: ModelWorld, value: T) => Promise<void>,
): fc.Arbitrary<Step> {
  return arbitrary.map(
    (value) => new Step(`${name}(${JSON.stringify(value)})`, (world) => act(world, value)),
  );
}

const publish = step(fc.array(notification, { minLength: 1, maxLength: 3 }), 'publish', (world, specs) =>
  world.publish(specs.map((spec) => ({ id: world.nextId(), notification: spec, signal: null }))),
);
const duplicate = step(fc.nat(20), 'publish again', async (world, index) => {
  const known = [...world.specs.values()];
  const one = known[index % Math.max(1, known.length)];
  if (one !== undefined) await world.publish([one]);
});
const signal = step(wish, 'wish', (world, one) =>
  world.publish([{ id: world.nextId(), notification: null, signal: one }]),
);
const script = step(fc.array(sendScript, { minLength: 1, maxLength: 3 }), 'sends go', (world, scripts) => {
  world.stand.sends.push(...scripts);
  return Promise.resolve();
});
const questions = step(
  fc.array(askScript, { minLength: 1, maxLength: 2 }),
  'questions go',
  (world, scripts) => {
    world.stand.asks.push(...scripts);
    return Promise.resolve();
  },
);
const outside = step(
  fc.record({
    used: maybe(fc.constantFrom(...ordinary), 2),
    full: fc.nat(3),
    reader: fc.constantFrom(...ordinary),
  }),
  'outside',
  (world, { used, full, reader }) => {
    if (used !== null) world.stand.usedUp.add(`${used} ${dingtalkDay(world.clock.now())}`);
    world.stand.fullMinute = full;
    world.stand.readers.add(reader);
    return Promise.resolve();
  },
);
const advance = step(fc.constantFrom(50, 3_000, 20_000, 2 * minute), 'advance', (world, ms) =>
  world.advance(ms),
);
const jump = step(fc.constantFrom(-24 * hour, -minute, hour, 24 * hour), 'jump', (world, ms) =>
  world.jump(ms),
);
const toMidnight = step(fc.constantFrom(-5 * minute, -90_000, -30_000, -1, 0), 'to midnight', (world, ms) => {
  const now = world.clock.now();
  return world.jump(Math.max(1, nextDingtalkDay(now) + ms - now));
});
const crash = step(cut, 'crash', (world, where) => world.crash(where));
const letGo = step(fc.constant(null), 'slow answers come', (world) => world.letGo());
const resolve = step(fc.constantFrom('sent', 'resend', 'drop'), 'resolve', (world, settlement) =>
  world.resolve(settlement),
);
const recall = step(fc.nat(10), 'recall', (world, index) => world.recall(index));
const redriveOne = step(fc.nat(10), 'redrive', (world, index) => world.redrive(index));
const reload = step(fc.constantFrom(true, true, false), 'reload', (world, running) => world.reload(running));

/** Sequences of steps; publishing, faults, time and crashes come most. */
export const steps = (maxCommands: number): fc.Arbitrary<Iterable<fc.AsyncCommand<object, ModelWorld>>> =>
  fc.commands(
    [
      ...[publish, publish, publish, script, script, advance, advance, crash, crash],
      ...[
        duplicate,
        signal,
        questions,
        outside,
        jump,
        toMidnight,
        letGo,
        resolve,
        recall,
        redriveOne,
        reload,
      ],
    ],
    { maxCommands, size: 'max' },
  );
