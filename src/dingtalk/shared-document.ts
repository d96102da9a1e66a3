/**
 * The document by which several processes share the limits of an app or an address: who may use which part of which
 * limit until when, and what is stopped. All times in it are the store's own, so that the clocks of hosts do not matter.
 */
import { fairParts, type Claim } from './fair-parts.ts';
import type { HoldReason, Hold } from './holds.ts';

/** A part of a limit in the hands of one process. */
export interface HeldPart {
  /** Units that it has in use, or may take into use. */
  readonly held: number;
  /** As in a claim. */
  readonly want: number;
  readonly need: number;
  readonly since: number | null;
}

export interface MemberEntry {
  /** It begins no call after this. Milliseconds, the store's time. */
  readonly until: number;
  readonly parts: Readonly<Record<string, HeldPart>>;
}

export interface SharedHold {
  readonly scope: Hold['scope'];
  readonly reason: HoldReason;
  readonly code: string;
  readonly message: string;
  readonly since: number;
  readonly until: number | null;
}

export interface SharedDocument {
  readonly members: Readonly<Record<string, MemberEntry>>;
  /** By scope and reason. */
  readonly holds: Readonly<Record<string, SharedHold>>;
}

/** Where the document is: any store that can compare and set, and that all processes reach. */
export interface SharedStore {
  /** `text` is null while there is none; `now`: the store's time, ms. */
  read(
    name: string,
  ): Promise<{ readonly text: string | null; readonly version: number; readonly now: number }>;
  /** Replaces it when it still has that version. */
  replace(name: string, text: string, version: number): Promise<boolean>;
}

export function readDocument(text: string | null): SharedDocument {
  const known = text === null ? {} : (JSON.parse(text) as Partial<SharedDocument>);
  // A newer program may have put more into it, which stays.
  return { ...known, members: known.members ?? {}, holds: known.holds ?? {} };
}

/** A call that was begun at the last moment arrives at DingTalk within this. */
export const onTheWayMs = 1_000;
/** A member that has not been heard of for so long has no unit in any window any more. */
const forgottenMs = 600_000;

/** Of one limit: what we use and need. */
export interface Ask {
  readonly name: string;
  readonly whole: number;
  readonly windowMs: number;
  readonly used: number;
  /** Units that somebody waits for; 0 = nobody. */
  readonly need: number;
  /** False when the limit has not been used for some time. */
  readonly active: boolean;
}

export interface NextPart {
  /** What goes into the document. */
  readonly part: HeldPart;
  /** Units up to which we may take: fewer than are held while some are in use that others are to have. */
  readonly units: number;
  /** Units that we would have if others had given up what they are to give up. */
  readonly fair: number;
}

/** Our part of one limit from now on. All parts together, those of the dead included, are never more than the whole. */
export function nextPart(document: SharedDocument, owner: string, ask: Ask, now: number): NextPart {
  const before = document.members[owner]?.parts[ask.name];
  const enough = (before?.held ?? 0) - ask.used >= ask.need;
  const since = ask.need === 0 || enough ? null : (before?.since ?? now);
  const want = wanted(ask, before?.held ?? 0);
  const claims: Claim[] = [{ owner, want, need: ask.need, since }];
  let others = 0;
  let lost = 0;
  for (const [name, member] of Object.entries(document.members)) {
    const part = member.parts[ask.name];
    if (name === owner || part === undefined) continue;
    if (member.until >= now) claims.push({ owner: name, ...part });
    else if (member.until + ask.windowMs + onTheWayMs >= now) lost += part.held;
    else continue;
    others += part.held;
  }
  const free = Math.max(0, ask.whole - others);
  const fair = fairParts(ask.whole - reserveFor(ask.whole, claims) - lost, claims).get(owner) ?? 0;
  // Whoever has nothing may take of the reserve, so that one who comes does not wait for those who were killed.
  const target = before === undefined || before.held === 0 ? Math.max(fair, ask.need) : fair;
  // What is in use cannot be given away; it becomes free unit by unit.
  const held = Math.min(free, Math.max(target, ask.used));
  return { part: { held, want, need: ask.need, since }, units: Math.min(held, target), fair };
}

/** Kept for those who come: a twentieth of the larger limits, unless somebody needs all there is. */
function reserveFor(whole: number, claims: readonly Claim[]): number {
  const reserve = Math.floor(whole / 20);
  return claims.some(({ need }) => need > whole - reserve) ? 0 : reserve;
}

/** A little more than is used, so that nobody asks for every call; twice as much when it has not been enough. */
function wanted({ whole, used, need, active }: Ask, held: number): number {
  const spare = Math.ceil(whole / 10);
  if (need > 0) return Math.min(whole, Math.max(2 * held, used + need, spare));
  return active ? Math.min(whole, used + spare) : 0;
}

/** The document with our entry; without any part we are not in it. */
export function withMember(
  document: SharedDocument,
  owner: string,
  entry: MemberEntry,
  now: number,
): SharedDocument {
  const members = Object.fromEntries(
    Object.entries(document.members).filter(
      ([name, { until }]) => name !== owner && until + forgottenMs >= now,
    ),
  );
  const parts = Object.entries(entry.parts).filter(([, { held, want }]) => held > 0 || want > 0);
  if (parts.length > 0) members[owner] = { until: entry.until, parts: Object.fromEntries(parts) };
  return { ...document, members };
}
