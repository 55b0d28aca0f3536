import { isUtf8 } from 'node:buffer';

/** What came of it: the value, or a sentence that says what is wrong with the text. */
export type ParsedJson =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly fault: string };

/** Deeper than any document of ours; far from where a recursive walk would run out of stack. */
const maxDepth = 32;
/** Digits of a number; 64-bit integers have 19. Keeps the conversion to bigint cheap. */
const maxDigits = 64;

/**
 * Parses JSON (RFC 8259, UTF-8) so that nothing is lost or changed in silence:
 * - a whole number beyond 2^53 becomes a `bigint`;
 * - a number that a double cannot hold exactly as written is refused, never rounded;
 * - NUL and lone surrogates, which Postgres cannot store, are refused, in names too;
 * - a member named `__proto__` is refused.
 * Of two members with one name the last wins, as in `JSON.parse`.
 */
export function parseExactJson(bytes: Uint8Array): ParsedJson {
  if (!isUtf8(bytes)) return { ok: false, fault: 'it is not valid UTF-8' };
  const text = decoder.decode(bytes);
  if (text.trim() === '') return { ok: false, fault: 'it is empty' };
  const look = lookAt(text);
  if (look === 'too-deep') return { ok: false, fault: `it is nested deeper than ${maxDepth} levels` };
  try {
    return { ok: true, value: look === 'plain' ? JSON.parse(text) : JSON.parse(text, revive) };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, fault: error.message };
    // Not the message itself: it quotes the text, which may be a secret.
    const position = / position ([0-9]+)/.exec((error as Error).message)?.[1];
    return {
      ok: false,
      fault: position === undefined ? 'it ends too early' : `it is not JSON from character ${position} on`,
    };
  }
}

/** ignoreBOM is false: a byte order mark is dropped, as RFC 8259, section 8.1, allows. */
const decoder = new TextDecoder();

class Refused extends Error {}

function revive(this: unknown, key: string, value: unknown, { source }: { source?: string }): unknown {
  if (key === '__proto__') throw new Refused('a member must not be named "__proto__"');
  const nameFault = textFault(key);
  if (nameFault) throw new Refused(`the name of the member ${quoted(key)} contains ${nameFault}`);
  if (typeof value === 'string') {
    const fault = textFault(value);
    if (fault) throw new Refused(`the member ${quoted(key)} contains ${fault}`);
    return value;
  }
  if (typeof value !== 'number' || source === undefined) return value;
  if (source.length > maxDigits)
    throw new Refused(`the number in the member ${quoted(key)} has too many digits`);
  if (/^-?[0-9]+$/.test(source)) return Number.isSafeInteger(value) ? value : BigInt(source);
  if (source === String(value) || normalized(source) === normalized(String(value))) return value;
  throw new Refused(
    `the number in the member ${quoted(key)} cannot be kept exactly as written: use fewer digits, or a string`,
  );
}

function textFault(text: string): string | undefined {
  if (text.includes('\0')) return 'a NUL character';
  if (!text.isWellFormed()) return 'half of a surrogate pair';
  return undefined;
}

/** A name for a sentence: escaped, and short whatever was sent. */
const quoted = (name: string) => JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);

/** One text for all ways to write one decimal: `1.50`, `15e-1` and `0.15E+1` are all `15e-1`. */
function normalized(decimal: string): string {
  const match = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(decimal);
  if (!match) return decimal; // Infinity: not equal to any literal
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  const power = Number(exponent) - fraction.length + (digits.length - significant.length);
  return `${sign}${significant}e${power}`;
}

/**
 * Looks at the text before the parser does, whose walk with a reviver is recursive. Plain is a text in which the reviver
 * would change and refuse nothing: no escapes, so no NUL and no half of a pair; no `__proto__`; and no number but such
 * of up to 15 digits without exponent, all of which a double holds. That is nearly every text: without the reviver an
 * event took 3 us in a profile of the worker, with it 12.
 */
function lookAt(text: string): 'plain' | 'not-plain' | 'too-deep' {
  let plain = !text.includes('\\') && !text.includes('__proto__');
  let depth = 0;
  let digits = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charCodeAt(index);
    if (character >= 0x30 && character <= 0x39) {
      digits += 1;
      if (digits > plainDigits) plain = false;
      continue;
    }
    // The parts before and after the point are one number; `e` after a digit is an exponent.
    if (character === 0x2e) continue;
    if (digits > 0 && (character | 0x20) === 0x65) plain = false;
    digits = 0;
    if (character === 0x22) {
      index = endOfString(text, index + 1);
    } else if (character === 0x7b || character === 0x5b) {
      depth += 1;
      if (depth > maxDepth) return 'too-deep';
    } else if (character === 0x7d || character === 0x5d) depth -= 1;
  }
  return plain ? 'plain' : 'not-plain';
}

/** Any decimal of so many digits comes back from a double as it was. */
const plainDigits = 15;

/** @returns where the string's closing quote is; beyond the text if it has none */
function endOfString(text: string, from: number): number {
  for (let index = from; ; index += 1) {
    index = text.indexOf('"', index);
    if (index === -1) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(index - 1 - backslashes) === 0x5c) backslashes += 1;
    if (backslashes % 2 === 0) return index;
  }
}
