import { z } from 'zod';

const largest = 2n ** 63n - 1n;
const rule = 'must be a whole number from 1 to 9223372036854775807';

/**
 * A positive 64-bit integer, as a canonical decimal string, which is how it travels inside this system: a JavaScript
 * number is exact only up to 2^53. On the wire it is a JSON number; digits in a string are accepted too.
 */
export const identifier = z
  .union([z.number(), z.bigint(), z.string().regex(/^[0-9]{1,19}$/, { error: rule })], {
    // A member that is not there gets the sentence for missing members.
    error: (issue) => (issue.input === undefined ? undefined : rule),
  })
  .transform((value, context) => {
    const number =
      typeof value === 'number' ? (Number.isSafeInteger(value) ? BigInt(value) : 0n) : BigInt(value);
    if (number >= 1n && number <= largest) return number.toString();
    context.addIssue({ code: 'custom', message: rule });
    return z.NEVER;
  })
  // No `maximum`: a JSON number in this document could not hold it exactly. The format says it.
  .meta({ override: { type: 'integer', format: 'int64', minimum: 1, anyOf: undefined } });

/** An identifier for a JSON body: a JSON number that keeps every digit. */
export function jsonIdentifier(id: string): number {
  const number = Number(id);
  return Number.isSafeInteger(number) ? number : (JSON.rawJSON(id) as unknown as number);
}
