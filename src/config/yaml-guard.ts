import { CST, Lexer } from 'yaml';

/**
 * The YAML parser recurses and, on nonsense, takes time that grows with the square of the text. Its lexer does
 * neither, so a look at the lexemes alone finds texts that are no configuration before they are parsed.
 */
const limits = { lexemes: 80_000, perLine: 3_000, flowDepth: 64, properties: 2_000, indicators: 64 };

export interface GuardFault {
  readonly offset: number;
  readonly code: 'yaml_too_deep' | 'yaml_too_large';
  readonly message: string;
}

/** The first reason why `text` cannot be a sensible configuration file, or null. */
export function guardYaml(text: string): GuardFault | null {
  let offset = 0;
  let lexemes = 0;
  let onLine = 0;
  let depth = 0;
  let properties = 0;
  // Block indicators that follow each other without a value between: `- - - -` nests as brackets do.
  let indicators = 0;
  for (const lexeme of new Lexer().lex(text)) {
    const type = CST.tokenType(lexeme);
    lexemes += 1;
    onLine += 1;
    switch (type) {
      case 'newline':
        onLine = 0;
        break;
      case 'flow-map-start':
      case 'flow-seq-start':
        depth += 1;
        break;
      case 'flow-map-end':
      case 'flow-seq-end':
        depth = Math.max(0, depth - 1);
        break;
      case 'anchor':
      case 'tag':
      case 'alias':
        properties += 1;
        break;
      case 'seq-item-ind':
      case 'explicit-key-ind':
      case 'map-value-ind':
        indicators += 1;
        break;
      case 'scalar':
      case 'single-quoted-scalar':
      case 'double-quoted-scalar':
      case 'block-scalar-header':
        indicators = 0;
        break;
      default:
        break;
    }
    const fault = exceeded(lexemes, onLine, depth, properties, indicators);
    if (fault !== null) return { offset, ...fault };
    offset += lexeme.length;
  }
  return null;
}

function exceeded(
  lexemes: number,
  onLine: number,
  depth: number,
  properties: number,
  indicators: number,
): Omit<GuardFault, 'offset'> | null {
  if (depth > limits.flowDepth || indicators > limits.indicators) {
    return {
      code: 'yaml_too_deep',
      message: `the file is nested more than ${limits.flowDepth} levels deep`,
    };
  }
  if (lexemes > limits.lexemes) {
    return { code: 'yaml_too_large', message: `the file has more than ${limits.lexemes} parts` };
  }
  if (onLine > limits.perLine) {
    return { code: 'yaml_too_large', message: `the line has more than ${limits.perLine} parts` };
  }
  if (properties > limits.properties) {
    return {
      code: 'yaml_too_large',
      message: `the file has more than ${limits.properties} anchors, aliases and tags`,
    };
  }
  return null;
}
