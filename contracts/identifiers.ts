import { z } from 'zod';

const largest = 2n ** 63n - 1n;

/**
 * A positive 64-bit integer, as a canonical decimal string, which is how it travels inside this system: a JavaScript
 * number is exact only up to 2^53. On the wire it is a JSON number; digits in a string are accepted too.
 */
export const identifier = z
  .union([z.number(), z.bigint(), z.string().regex(/^[0-9]{1,19}$/)], {
    error: 'must be a whole number from 1 to 9223372036854775807',
  })
  .transform((value, context) => {
    const number =
      typeof value === 'number' ? (Number.isSafeInteger(value) ? BigInt(value) : 0n) : BigInt(value);
    if (number >= 1n && number <= largest) return number.toString();
    context.addIssue({ code: 'custom', message: 'must be a whole number from 1 to 9223372036854775807' });
    return z.NEVER;
  });

/** An identifier for a JSON body: a JSON number that keeps every digit. */
export function jsonIdentifier(id: string): number {
  const number = Number(id);
  return Number.isSafeInteger(number) ? number : (JSON.rawJSON(id) as unknown as number);
}
