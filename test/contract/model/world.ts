/** The whole of the model test: lives of dingbus one after another on one store, DingTalk, upstream, and what is true. */
import { redrive } from '../../../src/intake/redrive.ts';
import { createOperations, type OperationsParts } from '../../../src/app/operations.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { notificationId } from '../../../src/ledger/lifecycle/admit.ts';
import type { Settlement } from '../../../src/ledger/lifecycle/resolve.ts';
import type { RawRecord } from '../../../src/model/record.ts';
import type { Result } from '../../../src/model/result.ts';
import { dingtalkDay } from '../../../src/base/dingtalk-day.ts';
import { sha256 } from '../../../src/base/ids.ts';
import { aPlanned } from '../../fakes/builders.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { department, DingTalkStand } from './dingtalk-stand.ts';
import type { TestStore } from '../ledger/stores.ts';
import { History } from './history.ts';
import { Life, type Cut } from './life.ts';
import { contentOf, decoder, plannedDigest, recordOf, route, rulesOf, type EventSpec } from './plans.ts';

/** Ticks without anything under way after which nothing will happen by itself. */
const calmTicks = 4;
const maxDrainSteps = 2_000;
const gatherMs = 60;

export class ModelWorld {
  readonly clock: FakeClock;
  readonly stand: DingTalkStand;
  readonly history = new History();
  readonly specs = new Map<string, EventSpec>();
  lives = 0;
  running = true;
  #hash = 0;
  #life: Life;
  #ledger: Ledger;
  readonly #store: TestStore;
  #log: RawRecord[] = [];
  /** By the event's id: what comes again under it is known already. */
  readonly #firstRecords = new Map<string, RawRecord>();
  #acknowledged = 0n;
  #seed = 1;
  #named = 0;
  #checkedFinals = new Set<string>();

  private constructor(store: TestStore, clock: FakeClock, ledger: Ledger) {
    this.#store = store;
    this.clock = clock;
    this.#ledger = ledger;
    this.stand = new DingTalkStand(clock);
    this.#life = this.#begin();
  }

  static async create(store: TestStore, startMs: number): Promise<ModelWorld> {
    const calm = { wait: (): Promise<void> => Promise.resolve() };
    const clock = new FakeClock(startMs, () => calm.wait());
    const ledger = await store.open({ clock });
    await ledger.heartbeat();
    const world = new ModelWorld(store, clock, ledger);
    calm.wait = () => world.#calm();
    await world.#assign();
    await world.settle();
    return world;
  }

  /** Everything that can go on goes on; a life that was cut off is followed by the next, which reads on. */
  async settle(): Promise<void> {
    for (;;) {
      // Answers and results gather for a few milliseconds before they are written.
      await this.clock.advance(gatherMs);
      if (this.#life.alive) break;
      await this.#restart();
    }
    this.stand.settled();
    await this.#check();
  }

  async publish(specs: readonly EventSpec[]): Promise<void> {
    for (const spec of specs) {
      this.specs.set(spec.id, spec);
      const record = recordOf(spec, BigInt(this.#log.length), this.clock.now());
      this.#log.push(record);
      if (!this.#firstRecords.has(spec.id)) this.#firstRecords.set(spec.id, record);
    }
    await this.#read();
    await this.settle();
  }

  /** Time goes by, timer by timer. */
  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await this.settle();
  }

  /** The machine sleeps, or its clock is set: it is `ms` later (or earlier), and nothing happened in between. */
  async jump(ms: number): Promise<void> {
    this.clock.set(this.clock.now() + ms);
    await this.clock.advance(0);
    this.#life.wake();
    await this.settle();
  }

  async crash(cut: Cut): Promise<void> {
    this.#life.cutOff(cut);
    this.#life.wake();
    await this.settle();
  }

  async reload(running: boolean): Promise<void> {
    this.#hash += 1;
    this.running = running;
    this.#life.wake();
    await this.settle();
  }

  async letGo(): Promise<void> {
    this.stand.letGo();
    await this.settle();
  }

  async resolve(settlement: Settlement): Promise<void> {
    const unknown = this.history.finals().filter((each) => each.status === 'unknown');
    for (const result of unknown) {
      for (const delivery of result.deliveries) {
        const done = await this.#operations().resolve(delivery.deliveryId, settlement);
        if (!done.ok) continue;
        if (settlement === 'resend') this.stand.order(this.#bodyOf(result));
        await this.settle();
        return;
      }
    }
  }

  async recall(index: number): Promise<void> {
    const finals = this.history.finals();
    const one = finals[index % Math.max(1, finals.length)];
    if (one === undefined) return;
    await this.#operations().recall([one.notificationId]);
    await this.settle();
  }

  async redrive(index: number): Promise<void> {
    const letters = [...this.history.deadLetters.values()];
    const one = letters[index % Math.max(1, letters.length)];
    if (one === undefined) return;
    const parts = {
      ledger: this.#ledger,
      decoder,
      rules: () => rulesOf(this.#rulesHash()),
      clock: this.clock,
    };
    const first = await redrive(parts, one);
    const again = await redrive(parts, one);
    if (again.kind !== 'known' && first.kind !== 'still_failing')
      this.history.faults.push(`redriven twice: ${one.id} (${first.kind}, ${again.kind})`);
    await this.settle();
  }

  /** The world heals: everything must come to its end by itself, if only time goes by. */
  async drain(): Promise<void> {
    this.stand.sends = [];
    this.stand.asks = [];
    this.stand.fullMinute = 0;
    await this.letGo();
    await this.reload(true);
    for (let step = 0; step < maxDrainSteps; step += 1) {
      const next = await this.#ledger.read(async (tx) => [
        await tx.nextDue('default'),
        await tx.nextCheck('default'),
        await tx.nextDigest(),
      ]);
      const open = await this.#ledger.read((tx) => tx.pendingCount());
      const times = next.filter((at) => at !== null);
      if (open === 0 && times.length === 0 && (await this.unpublished()) === 0) return;
      if (times.length === 0) times.push(this.clock.now() + 1_000);
      await this.jump(Math.max(1, Math.min(...times) - this.clock.now()));
    }
    throw new Error(`something is stuck: ${await this.#ledger.read((tx) => tx.pendingCount())} are open`);
  }

  /** What must hold when nothing is left to do. */
  checkEnd(unpublished: number): void {
    if (unpublished > 0) this.history.faults.push(`${unpublished} results were never published`);
    const finals = new Map(this.history.finals().map((each) => [each.notificationId, each]));
    for (const [id, record] of this.#firstRecords) {
      if ((this.specs.get(id)?.notification ?? null) === null) continue;
      const origin = { event: { ...eventReference, id }, record, redrive: null };
      const final = finals.get(notificationId(origin, route, 0));
      if (final === undefined) this.history.faults.push(`${id} has no final result`);
    }
    this.#checkTruth();
    this.#throwFaults();
  }

  unpublished(): Promise<number> {
    return this.#ledger.read((tx) => tx.unpublishedCount());
  }

  nextId(): string {
    return `e${(this.#named += 1)}`;
  }

  async close(): Promise<void> {
    this.#life.die();
    await this.#store.close(this.#ledger);
  }

  #begin(): Life {
    this.lives += 1;
    const life = new Life({
      ledger: this.#ledger,
      clock: this.clock,
      stand: this.stand,
      random: () => this.#random(),
      decoder,
      rules: () => rulesOf(this.#rulesHash()),
      planDigest: plannedDigest,
      running: () => this.running,
      onPublished: (rows) => {
        this.history.take(rows);
      },
    });
    life.start();
    return life;
  }

  async #restart(): Promise<void> {
    this.stand.crashed();
    await this.#store.close(this.#ledger);
    this.#ledger = await this.#store.open({ clock: this.clock });
    await this.#ledger.heartbeat();
    this.#life = this.#begin();
    await this.#assign();
    await this.#read();
  }

  async #assign(): Promise<void> {
    const broker = {
      topic: 'events',
      partition: 0,
      topicId: null,
      committed: null,
      low: 0n,
      high: BigInt(this.#log.length),
    };
    await Promise.race([this.#life.intake.assigned([broker]), this.#life.death]);
  }

  /** Hands over what is not acknowledged; a life that dies meanwhile leaves it to the next. */
  async #read(): Promise<void> {
    const records = this.#log.filter(({ offset }) => offset >= this.#acknowledged);
    if (records.length === 0) return;
    const done = this.#life.intake
      .process({ topic: 'events', partition: 0, records })
      .then(({ processedTo }) => {
        this.#acknowledged = processedTo;
      });
    await Promise.race([done, this.#life.death]);
  }

  async #calm(): Promise<void> {
    for (let calm = 0; calm < calmTicks; calm = this.#life.busy ? 0 : calm + 1)
      await new Promise((resolve) => setImmediate(resolve));
  }

  /** What must hold at every moment. */
  async #check(): Promise<void> {
    this.history.faults.push(...this.stand.violations);
    for (const final of this.history.finals()) {
      if (this.#checkedFinals.has(final.resultId)) continue;
      this.#checkedFinals.add(final.resultId);
      this.#checkRecipients(final);
      await this.#checkClaims(final);
    }
    this.#throwFaults();
  }

  /** Every planned person once, and nobody else but those of the department. */
  #checkRecipients(final: Result): void {
    const spec = this.specs.get(final.event.id)?.notification;
    if (spec === undefined || spec === null || final.digestSize !== null) return;
    const planned = spec.everyone ? [] : spec.users;
    const listed = final.recipients.map((each) => String(each.userid));
    const extra = new Set(spec.department ? department.people : []);
    const twice = new Set(listed).size !== listed.length;
    const missing = planned.filter((userid) => !listed.includes(userid));
    const strange = listed.filter((userid) => !planned.includes(userid) && !extra.has(userid));
    if (twice || missing.length > 0 || strange.length > 0)
      this.history.faults.push(`${final.resultId}: planned ${planned.join()}, told ${listed.join()}`);
  }

  /** A refusal gives places back, an unknown outcome keeps them. */
  async #checkClaims(final: Result): Promise<void> {
    const spec = this.specs.get(final.event.id)?.notification;
    if (spec?.pool !== null || final.audience.kind !== 'users' || final.digestSize !== null) return;
    const rejected = final.status === 'failed' && final.reason === 'rejected';
    const sentToday = final.deliveries.some((delivery) => delivery.attempts > 0);
    if (!rejected && !(final.status === 'unknown' && sentToday)) return;
    const userid = final.recipients.find((each) => each.status === (rejected ? 'failed' : 'pending'))?.userid;
    if (userid === undefined || userid === null) return;
    const days = [-3, -2, -1, 0, 1, 2, 3].map((days) => dingtalkDay(final.occurredAt + days * 86_400_000));
    const verdicts = await this.#ledger.write(async (tx) => {
      const claims = days.map((day) => ({
        app: 'default',
        day,
        userid,
        contentHash: sha256(this.#bodyOf(final)),
        notificationId: 'somebody else',
      }));
      const given = await tx.claimContents(claims, 1_000);
      await tx.releaseContents(claims);
      return given;
    });
    const kept = verdicts.some((verdict) => !verdict.granted);
    if (rejected && kept) this.history.faults.push(`${final.resultId}: refused, and its place is kept`);
    if (!rejected && !kept) this.history.faults.push(`${final.resultId}: unknown, and its place is free`);
  }

  /** What results say of people against what people have. Contents of a notification's own only. */
  #checkTruth(): void {
    const finals = this.history.finals();
    // What was redriven is told by two notifications.
    const redriven = new Set(finals.map((each) => each.related));
    for (const final of finals) {
      const spec = this.specs.get(final.event.id)?.notification;
      if (spec?.pool !== null || final.related !== null || final.digestSize !== null) continue;
      if (redriven.has(final.notificationId)) continue;
      const last = this.history.of(final.notificationId).at(-1) ?? final;
      for (const { userid, status, code, reason } of last.recipients) {
        // A person said so, rightly or not; or DingTalk says that they have it, as one of the department.
        if (reason === 'dropped' || reason === 'settled') continue;
        if (spec.department && code === '143106') continue;
        const copies = this.stand.named(String(userid), this.#bodyOf(final));
        const has = this.stand.has(String(userid), this.#bodyOf(final));
        // Nobody knows whom the department brought it to, beside those who were kept back by name.
        if (spec.department && (unasked.has(final.status) || spec.track === 'accepted')) continue;
        const arrived = ['read', 'unread', 'arrived'].includes(status);
        if (copies > 1)
          this.history.faults.push(`${String(userid)} has ${copies} copies of ${final.event.id}`);
        if (arrived && !has)
          this.history.faults.push(`${String(userid)} does not have ${final.event.id}, told as ${status}`);
        if (!arrived && status !== 'pending' && has)
          this.history.faults.push(`${String(userid)} has ${final.event.id}, told as ${status}`);
      }
    }
  }

  #throwFaults(): void {
    if (this.history.faults.length > 0) throw new Error([...new Set(this.history.faults)].join('\n'));
  }

  #operations() {
    // Only pausing looks at the parts that are left out.
    return createOperations({ ledger: this.#ledger, clock: this.clock } as unknown as OperationsParts);
  }

  #bodyOf(result: Result): string {
    const spec = this.specs.get(result.event.id);
    const content = spec?.notification ? contentOf(spec.notification, spec.id) : '';
    return aPlanned({ text: content }).message?.body ?? '';
  }

  #rulesHash(): string {
    return `hash-${this.#hash}`;
  }

  /** Mulberry32, so that a run is the same every time. */
  #random(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#seed ^ (this.#seed >>> 15), 1 | this.#seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }
}

/** Finals that may come before anybody has learned of the department's people. */
const unasked: ReadonlySet<string> = new Set(['accepted', 'recalled', 'unknown', 'unverified']);

/** All but the id; of an event only source and id make the names of its notifications. */
const eventReference = {
  source: '/shop',
  type: null,
  time: null,
  topic: 'events',
  partition: 0,
  offset: 0n,
  key: null,
};
