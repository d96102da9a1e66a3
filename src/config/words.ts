import { leaf, nameOf, referencePattern, text, textOf, textOrDigitsOf, type JsonSchema } from './fields.ts';

/** Leaves that several definitions share. */

const topicPattern = /^[A-Za-z0-9._-]{1,249}$/;

/** Kafka's own rule for topic names. */
export function topicName(meta: JsonSchema) {
  return text(meta, { pattern: topicPattern, what: 'a topic name (letters, digits, . _ -, at most 249)' });
}

export function isTopicName(name: string): boolean {
  return topicPattern.test(name) && name !== '.' && name !== '..';
}

const namesPattern = /^[A-Za-z0-9._*-]{1,249}$/;

/** A topic, or with `*` all topics whose names fit. */
export function topicNames(meta: JsonSchema) {
  return text(meta, { pattern: namesPattern, what: 'a topic name (letters, digits, . _ -), or one with * in it' });
}

export function areTopicNames(name: string): boolean {
  return isTopicName(name) || (name.includes('*') && namesPattern.test(name));
}

/** Names of routes, groups and apps: they appear in results, metrics and commands. */
export const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/;

export function plainName(meta: JsonSchema) {
  return text(meta, { pattern: namePattern, what: 'a name (letters, digits, . _ -, at most 80)' });
}

/** A CEL expression; its meaning is checked when the rules are compiled. */
export function cel(meta: JsonSchema) {
  return text({ ...meta, 'x-kind': 'CEL' }, { maxLength: 4096 });
}

/** Whether a text is more than a literal. */
export function containsLiquid(text: string): boolean {
  return text.includes('{{') || text.includes('{%');
}

/** A text with Liquid in it. */
export function liquid(meta: JsonSchema) {
  return text({ ...meta, 'x-kind': 'Liquid' }, { maxLength: 16_384, allowEmpty: true });
}

export function timeZone(meta: JsonSchema) {
  return leaf<string>({ type: 'string', minLength: 1, ...meta }, (value, fail) => {
    const found = textOf(value);
    if (found === null) return fail(`must be a time zone, not ${nameOf(value)}`, { fault: 'wrong_type' });
    if (!isTimeZone(found)) {
      const remedy = 'write an IANA name such as Asia/Shanghai or UTC';
      return fail(`is no time zone: ${nameOf(value)}`, { remedy });
    }
    return found;
  });
}

/** Asking `Intl` takes a millisecond, and messages ask again and again. Names may come from events: bounded. */
const knownZones = new Map<string, boolean>();
const maxKnownZones = 1000;

export function isTimeZone(name: string): boolean {
  let known = knownZones.get(name);
  if (known === undefined) {
    known = name.length > 0 && name.length <= 64 && askForZone(name);
    if (knownZones.size >= maxKnownZones) knownZones.clear();
    knownZones.set(name, known);
  }
  return known;
}

function askForZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch (error) {
    // Intl has no other way to ask whether it knows a zone.
    if (error instanceof RangeError) return false;
    throw error;
  }
}

const mobilePattern = /^(?:\+?\d{1,3}[- ])?[\d\- ]{5,20}$|^\+?\d{6,20}$/;

/** A mobile number written out; messages never show it. Written without quotes it is a number, which is taken too. */
export function mobile(meta: JsonSchema) {
  const json: JsonSchema = {
    anyOf: [{ type: 'string', minLength: 1 }, { type: 'integer' }],
    ...meta,
  };
  return leaf<string>(json, (value, fail) => {
    const found = textOrDigitsOf(value);
    if (found === null) return fail('must be a mobile number', { fault: 'wrong_type' });
    if (!mobilePattern.test(found.trim())) return fail('is not a mobile number');
    return found;
  });
}

/** A userid, which may have been written without quotes. */
export function userid(meta: JsonSchema) {
  const json: JsonSchema = { anyOf: [{ type: 'string', minLength: 1 }, { type: 'integer' }], ...meta };
  return leaf<string>(json, (value, fail) => {
    const found = textOrDigitsOf(value);
    if (found === null) return fail(`must be a userid, not ${nameOf(value)}`, { fault: 'wrong_type' });
    if (found.trim() === '' || /[\s,]/.test(found.trim())) return fail(`is not a userid: ${nameOf(value)}`);
    return found.trim();
  });
}

/** The id of a department, 1 being the whole company. */
export function departmentId(meta: JsonSchema) {
  const json: JsonSchema = {
    anyOf: [
      { type: 'integer', minimum: 1 },
      { type: 'string', pattern: `^\\d+$|${referencePattern}` },
    ],
    ...meta,
  };
  return leaf<number>(json, (value, fail) => {
    const found = textOrDigitsOf(value);
    if (found === null) return fail(`must be a department id, not ${nameOf(value)}`, { fault: 'wrong_type' });
    if (!/^[1-9]\d{0,15}$/.test(found) || !Number.isSafeInteger(Number(found)))
      return fail(`is not a department id: ${nameOf(value)}`);
    return Number(found);
  });
}
