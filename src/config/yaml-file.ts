import { Lexer, parseAllDocuments, type Document, type ErrorCode, type YAMLError } from 'yaml';
import type { Fault, FaultCode } from './fault.ts';
import { TextPositions } from './text-positions.ts';
import { maskVariables, unmask, type Environment } from './variables.ts';
import { guardYaml } from './yaml-guard.ts';
import { readTree, type Span } from './yaml-tree.ts';

/** One YAML file: its values with variables filled in, and where each of them stands. */
export interface YamlFile {
  readonly file: string;
  /** Null-prototype objects, arrays, strings, `EnvText`, bigint for whole numbers, number, boolean, null. */
  readonly value: unknown;
  readonly spans: ReadonlyMap<string, Span>;
  readonly text: TextPositions;
}

/** A larger file is refused: reading it would hold the process for more than a moment. */
export const maxFileBytes = 256 * 1024;

const maxYamlErrors = 10;
const maxMessageLength = 200;

export interface ReadYaml {
  readonly file: YamlFile | null;
  readonly faults: readonly Fault[];
}

/** Parses the bytes of one file. Whatever they hold, the answer is values or faults, never an exception. */
export function readYaml(file: string, bytes: Uint8Array, env: Environment): ReadYaml {
  const whole = (code: FaultCode, message: string, remedy: string | null): ReadYaml => ({
    file: null,
    faults: [{ file, line: 1, col: 1, length: 0, severity: 'error', code, message, remedy }],
  });
  if (bytes.length > maxFileBytes) {
    const message = `the file has ${bytes.length} bytes; the most is ${maxFileBytes}`;
    return whole('file_too_large', message, 'split it into several files');
  }
  const text = decodeText(bytes);
  if (text === null) return whole('file_not_text', 'the file is not UTF-8 text', null);

  const positions = new TextPositions(file, text);
  const faults: Fault[] = [];
  const report = (
    code: FaultCode,
    offset: number,
    length: number,
    message: string,
    remedy: string | null,
  ) => {
    faults.push({ ...positions.at(offset), length, severity: 'error', code, message, remedy });
  };

  const masked = maskVariables(text);
  const comments = masked.faults.length > 0 ? commentsOf(masked.text) : [];
  for (const { code, offset, length, message, remedy } of masked.faults) {
    const isComment = comments.some(({ start, end }) => offset >= start && offset < end);
    if (!isComment) report(code, offset, length, message, remedy);
  }
  if (masked.text === '' && masked.faults.length > 0) return { file: null, faults };

  const guarded = guardYaml(masked.text);
  if (guarded !== null) {
    const remedy = guarded.code === 'yaml_too_large' ? 'split it into several files' : null;
    report(guarded.code, guarded.offset, 0, guarded.message, remedy);
    return { file: null, faults };
  }
  const documents = parseAll(masked.text, report);
  if (documents === null) return { file: null, faults };
  const [document, second] = documents;
  if (second !== undefined) {
    const message = 'the file holds more than one YAML document';
    report('yaml_documents', second.range[0], 3, message, 'keep one document per file, without ---');
    return { file: null, faults };
  }
  if (document === undefined)
    return { file: { file, value: null, spans: new Map(), text: positions }, faults };
  // One broken line can give rise to hundreds of complaints; the first few say what is wrong.
  for (const error of [...document.errors, ...document.warnings].slice(0, maxYamlErrors)) {
    const { code, message, remedy } = explainYamlError(error, text);
    const [start, end] = error.pos;
    report(code, start, Math.min(80, Math.max(0, end - start)), unmask(message, masked.references), remedy);
  }
  if (document.errors.length > 0) return { file: null, faults };
  const tree = readTree(document, masked.references, env, report);
  if (tree.stopped) return { file: null, faults };
  return { file: { file, value: tree.value, spans: tree.spans, text: positions }, faults };
}

type Report = (
  code: FaultCode,
  offset: number,
  length: number,
  message: string,
  remedy: string | null,
) => void;

/** What the lexer gives without taking it from the text: the beginning of a document, of a scalar, the end of a flow. */
const scalarMark = '\u001f';
const marks: ReadonlySet<string> = new Set(['\u0002', '\u0018', scalarMark]);

function commentsOf(text: string): readonly { readonly start: number; readonly end: number }[] {
  const found: { start: number; end: number }[] = [];
  let start = 0;
  let isScalar = false;
  for (const lexeme of new Lexer().lex(text)) {
    const end = marks.has(lexeme) ? start : start + lexeme.length;
    // A block text may begin with a # of its own.
    if (lexeme.startsWith('#') && !isScalar) found.push({ start, end });
    isScalar = lexeme === scalarMark;
    start = end;
  }
  return found;
}

function parseAll(text: string, report: Report): readonly Document.Parsed[] | null {
  try {
    return parseAllDocuments(text, {
      prettyErrors: false,
      // Checked while the tree is read: the library compares every key with every other.
      uniqueKeys: false,
      intAsBigInt: true,
      merge: false,
      version: '1.2',
    });
  } catch (error) {
    // The parser is recursive: a text of nothing but brackets exhausts the stack.
    if (error instanceof RangeError) {
      report('yaml_too_deep', 0, 0, 'the file is nested too deeply to be read', null);
      return null;
    }
    throw error;
  }
}

function decodeText(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
    return text.includes('\0') ? null : text;
  } catch {
    // The decoder says "not UTF-8" by throwing; the caller turns null into that fault.
    return null;
  }
}

interface Explanation {
  readonly code: FaultCode;
  readonly message: string;
  readonly remedy: string | null;
}

function explainYamlError(error: YAMLError, text: string): Explanation {
  const message = error.message.slice(0, maxMessageLength);
  const code: ErrorCode = error.code;
  if (code === 'TAG_RESOLVE_FAILED') {
    return { code: 'yaml_tag', message, remedy: 'remove the tag' };
  }
  if (code === 'BAD_ALIAS') return { code: 'yaml_alias', message, remedy: null };
  const line = lineAround(text, error.pos[0]);
  if (/[:\s-]\s*\{\{/.test(line)) {
    return { code: 'yaml_syntax', message, remedy: 'a text that begins with {{ must stand in quotes' };
  }
  if (code === 'TAB_AS_INDENT') return { code: 'yaml_syntax', message, remedy: 'indent with spaces' };
  return { code: 'yaml_syntax', message, remedy: null };
}

function lineAround(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', Math.max(0, offset - 1)) + 1;
  const end = text.indexOf('\n', offset);
  return text.slice(start, end === -1 ? undefined : end);
}
