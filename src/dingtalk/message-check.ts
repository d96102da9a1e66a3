import type { Content, Field, FieldTable, ListField, MediaField, TextField } from './field-types.ts';
import type { Limit } from './limits.ts';
import { fault, type CheckOptions, type MessageFault, type Problems } from './message-fault.ts';

/** Checks the content of one type and gives it back in the order of the table, without what is empty. */
export function checkFields(
  path: string,
  value: unknown,
  table: FieldTable,
  options: CheckOptions,
  problems: Problems,
): Content | null {
  const content = checkObject(path, value, table.fields, options, problems);
  if (content !== null && table.rule !== null) problems.faults.push(...table.rule(content, path));
  return content;
}

function checkObject(
  path: string,
  value: unknown,
  fields: readonly Field[],
  options: CheckOptions,
  problems: Problems,
): Content | null {
  if (value === undefined || value === null) {
    problems.faults.push(fault(path, 'missing', 'is required'));
    return null;
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    problems.faults.push(fault(path, 'wrong_type', 'must be an object'));
    return null;
  }
  const known = new Set(fields.map((field) => field.name));
  for (const key of Object.keys(value)) {
    if (!known.has(key))
      problems.faults.push(fault(`${path}.${key}`, 'unknown_field', 'is no field of DingTalk'));
  }
  const content: Record<string, unknown> = {};
  for (const field of fields) {
    const own: unknown = Object.hasOwn(value, field.name) ? Reflect.get(value, field.name) : undefined;
    const checked = checkField(`${path}.${field.name}`, own, field, options, problems);
    if (checked !== null) content[field.name] = checked;
  }
  return content;
}

/** The checked value, or null when it is absent, empty or wrong; the problems say which. */
function checkField(
  path: string,
  value: unknown,
  field: Field,
  options: CheckOptions,
  problems: Problems,
): unknown {
  if (value === undefined || value === null) {
    if (field.required) problems.faults.push(fault(path, 'missing', 'is required'));
    return null;
  }
  switch (field.kind) {
    case 'text':
      return checkText(path, value, field, options, problems);
    case 'media':
      return checkMedia(path, value, field, problems);
    case 'object': {
      const faultsBefore = problems.faults.length;
      const content = checkObject(path, value, field.fields, options, problems);
      if (content === null || Object.keys(content).length > 0) return content;
      if (field.required && problems.faults.length === faultsBefore) {
        problems.faults.push(fault(path, 'empty', 'is required and all its fields are empty'));
      }
      return null;
    }
    case 'list':
      return checkList(path, value, field, options, problems);
  }
}

function checkText(
  path: string,
  value: unknown,
  field: TextField,
  options: CheckOptions,
  problems: Problems,
): string | null {
  const text = field.numeric && typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') {
    problems.faults.push(fault(path, 'wrong_type', 'must be text'));
    return null;
  }
  const clean = visible(text);
  if (clean.trim() === '') {
    if (field.required) problems.faults.push(fault(path, 'empty', 'is required and empty'));
    return null;
  }
  const max = options.readings === 'loose' ? field.looseMax : field.max;
  if (max !== null && clean.length > max.value) {
    problems.faults.push(tooLong(path, clean.length, max));
  } else if (field.advice !== null && clean.length > field.advice.value) {
    problems.warnings.push(tooLong(path, clean.length, field.advice));
  }
  const wrong = field.format?.(clean, options) ?? null;
  if (wrong !== null) problems.faults.push(fault(path, 'bad_format', wrong));
  const unusual = wrong === null ? (field.formatAdvice?.(clean) ?? null) : null;
  if (unusual !== null) problems.warnings.push(fault(path, 'bad_format', unusual));
  return clean;
}

function checkMedia(path: string, value: unknown, field: MediaField, problems: Problems): unknown {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const upload: unknown = Reflect.get(value, 'upload');
    if (typeof upload === 'string' && upload !== '' && Object.keys(value).length === 1) return { upload };
    problems.faults.push(fault(path, 'wrong_type', 'must be a media id or { upload: path of a file }'));
    return null;
  }
  if (typeof value !== 'string') {
    problems.faults.push(fault(path, 'wrong_type', 'must be a media id'));
    return null;
  }
  const id = visible(value).trim();
  if (id === '') {
    if (field.required) problems.faults.push(fault(path, 'empty', 'is required and empty'));
    return null;
  }
  if (/\s/.test(id)) problems.faults.push(fault(path, 'bad_format', 'must not hold white space'));
  else if (!/^[@$]/.test(id)) {
    problems.warnings.push(fault(path, 'bad_format', 'does not begin with @ or $, as media ids do'));
  }
  return id;
}

function checkList(
  path: string,
  value: unknown,
  field: ListField,
  options: CheckOptions,
  problems: Problems,
): unknown {
  if (!Array.isArray(value)) {
    problems.faults.push(fault(path, 'wrong_type', 'must be a list'));
    return null;
  }
  const items = value.flatMap((item: unknown, index) => {
    const content = checkObject(`${path}[${index}]`, item, field.item, options, problems);
    return content === null || Object.keys(content).length === 0 ? [] : [content];
  });
  if (items.length === 0) {
    if (field.required) problems.faults.push(fault(path, 'empty', 'is required and empty'));
    return null;
  }
  const length = JSON.stringify(items).length;
  if (field.maxText !== null && length > field.maxText.value) {
    problems.faults.push(tooLong(path, length, field.maxText));
  }
  const advice = field.adviceItems;
  if (advice !== null && items.length > advice.value) {
    const text = `has ${items.length} ${advice.unit}, only ${advice.value} are shown (${advice.source})`;
    problems.warnings.push(fault(path, 'too_many', text, items.length, advice.value));
  }
  return items;
}

function tooLong(path: string, length: number, limit: Limit): MessageFault {
  const text = `has ${length} ${limit.unit}, at most ${limit.value} are allowed (${limit.source})`;
  return fault(path, 'too_long', text, length, limit.value);
}

/**
 * The text without control characters and lone surrogates: JSON could only carry them as `\uXXXX` escapes, which
 * DingTalk refuses (40033, K13), and nobody could see them. Line breaks and tabs stay.
 */
function visible(text: string): string {
  return text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '');
}
