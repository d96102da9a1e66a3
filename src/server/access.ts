import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { sleep, type Clock } from '../base/clock.ts';
import type { Secret } from '../base/sensitive.ts';

/** `read` sees, `admin` changes too. */
export type Role = 'read' | 'admin';

/** A token, or where to find the one in force now (a reload may change it); null = none is configured. */
export type TokenSource = Secret | null | (() => Secret | null);

export interface AccessOptions {
  readonly adminToken: TokenSource;
  readonly readToken: TokenSource;
  /** The name or address that the server was told to listen on. */
  readonly host: string;
  readonly clock: Clock;
}

/** What of a request decides about access. */
export interface Caller {
  /** The address of the other end of the connection; null when it is gone already. */
  readonly address: string | null;
  readonly authorization: string | null;
  readonly host: string | null;
  /** Came through a proxy (`Forwarded`, `X-Forwarded-For`, `X-Real-IP`), so the address is not the caller's. */
  readonly forwarded: boolean;
  /** `Sec-Fetch-Site`, which browsers send and pages cannot change. */
  readonly fetchSite: string | null;
}

export type AccessVerdict =
  | { readonly granted: true; readonly role: Role; readonly actor: string }
  | {
      readonly granted: false;
      readonly status: 401 | 403 | 429;
      readonly code: string;
      readonly message: string;
    };

/** Wrong tokens of one address: the first answer waits this long, each further one twice as long, up to the most. */
const firstDelayMs = 250;
const longestDelayMs = 8_000;
/** After this time without a wrong token an address starts afresh. */
const forgetAfterMs = 10 * 60_000;
/** Answers that may wait at once, of one address and of all; beyond, tokens are not even looked at. */
const waitingPerAddress = 5;
const waitingInAll = 100;
/** Addresses that are remembered; beyond, the oldest are forgotten. */
const rememberedAddresses = 10_000;

interface Offender {
  failures: number;
  waiting: number;
  lastAt: number;
}

/**
 * Decides who may do what. Changing needs the admin token, always. Reading is open to programs on the same machine
 * unless a read token is configured; from elsewhere it needs either token. Tokens travel in the `Authorization`
 * header alone: without cookies a foreign page has nothing to misuse.
 */
export class Access {
  readonly #options: AccessOptions;
  readonly #offenders = new Map<string, Offender>();
  #waiting = 0;

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /** Whether the caller may read without a token; pages use it to choose between content and sign-in. */
  openReading(caller: Caller): boolean {
    return (
      token(this.#options.readToken) === null &&
      !caller.forwarded &&
      isLoopback(caller.address) &&
      this.#isLocalName(caller.host) &&
      (caller.fetchSite === null || caller.fetchSite === 'same-origin' || caller.fetchSite === 'none')
    );
  }

  /** Whether anything can be changed at all. */
  changesPossible(): boolean {
    return token(this.#options.adminToken) !== null;
  }

  /** Whether signing in can help; without any token there is nothing to sign in with. */
  tokensExist(): boolean {
    return this.changesPossible() || token(this.#options.readToken) !== null;
  }

  async check(caller: Caller, needed: Role): Promise<AccessVerdict> {
    const address = caller.address ?? 'unknown';
    if (needed === 'admin' && !this.changesPossible()) return changesOff;
    const presented = bearer(caller.authorization);
    if (presented === null) {
      if (needed === 'read' && this.openReading(caller)) {
        return { granted: true, role: 'read', actor: `local ${address}` };
      }
      return this.#missing(needed);
    }

    const offender = this.#offenders.get(address);
    if ((offender?.waiting ?? 0) >= waitingPerAddress || this.#waiting >= waitingInAll) return tooMany;
    const role = this.#roleOf(presented);
    if (role === null) {
      await this.#penalty(address);
      return wrongToken;
    }
    this.#offenders.delete(address);
    if (needed === 'admin' && role === 'read') return readOnly;
    return { granted: true, role, actor: `${role} ${address}` };
  }

  #missing(needed: Role): AccessVerdict {
    if (!this.tokensExist()) return localOnly;
    return {
      granted: false,
      status: 401,
      code: 'token_missing',
      message: `This needs the ${needed === 'admin' ? 'admin token' : 'read or admin token'} in the header "Authorization: Bearer …".`,
    };
  }

  #roleOf(presented: string): Role | null {
    const { adminToken, readToken } = this.#options;
    // Both are compared each time, so that the time tells nothing about which one was nearly right.
    const admin = sameToken(presented, token(adminToken));
    const read = sameToken(presented, token(readToken));
    if (admin) return 'admin';
    return read ? 'read' : null;
  }

  async #penalty(address: string): Promise<void> {
    const { clock } = this.#options;
    const now = clock.now();
    const known = this.#offenders.get(address);
    const offender =
      known !== undefined && now - known.lastAt < forgetAfterMs
        ? known
        : { failures: 0, waiting: 0, lastAt: now };
    offender.failures += 1;
    offender.lastAt = now;
    offender.waiting += 1;
    this.#offenders.delete(address);
    this.#offenders.set(address, offender);
    this.#forgetOldest();
    this.#waiting += 1;
    await sleep(clock, Math.min(longestDelayMs, firstDelayMs * 2 ** (offender.failures - 1)));
    this.#waiting -= 1;
    offender.waiting -= 1;
  }

  #forgetOldest(): void {
    while (this.#offenders.size > rememberedAddresses) {
      const oldest = this.#offenders.keys().next();
      if (oldest.done === true) return;
      this.#offenders.delete(oldest.value);
    }
  }

  /**
   * A page of somebody else can point a name of its own at 127.0.0.1 (DNS rebinding) and then counts as the same
   * origin; the name in `Host` gives it away.
   */
  #isLocalName(host: string | null): boolean {
    const name = hostName(host);
    return (
      name === 'localhost' ||
      name.endsWith('.localhost') ||
      isIP(name) !== 0 ||
      (name !== '' && name === this.#options.host.toLowerCase())
    );
  }
}

const changesOff: AccessVerdict = {
  granted: false,
  status: 403,
  code: 'changes_off',
  message:
    'Changes are off because no admin token is configured. Set server.admin_token (DINGBUS_ADMIN_TOKEN).',
};
const localOnly: AccessVerdict = {
  granted: false,
  status: 403,
  code: 'local_only',
  message:
    'Without a configured token this can be read on the same machine alone, under the name localhost. Set server.admin_token to read it from elsewhere.',
};
const readOnly: AccessVerdict = {
  granted: false,
  status: 403,
  code: 'read_only',
  message: 'The read token cannot change anything; this needs the admin token.',
};
const wrongToken: AccessVerdict = {
  granted: false,
  status: 401,
  code: 'token_wrong',
  message: 'This token is not the configured one.',
};
const tooMany: AccessVerdict = {
  granted: false,
  status: 429,
  code: 'too_many_attempts',
  message: 'Too many wrong tokens; wait a few seconds.',
};

function token(source: TokenSource): Secret | null {
  return typeof source === 'function' ? source() : source;
}

function bearer(authorization: string | null): string | null {
  const match = /^Bearer +(\S+)$/i.exec(authorization ?? '');
  return match?.[1] ?? null;
}

/** Compares digests, which have one length whatever was presented, in constant time. */
function sameToken(presented: string, secret: Secret | null): boolean {
  const expected = secret?.reveal() ?? '';
  const same = timingSafeEqual(digest(presented), digest(expected));
  return same && expected !== '';
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** `Host` without its port, lower case, IPv6 without brackets. */
function hostName(host: string | null): string {
  const text = (host ?? '').toLowerCase();
  const bracketed = /^\[([^\]]*)\]/.exec(text);
  return bracketed?.[1] ?? text.replace(/:\d*$/, '');
}

export function isLoopback(address: string | null): boolean {
  if (address === null) return false;
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || /^127\.\d+\.\d+\.\d+$/.test(plain);
}
