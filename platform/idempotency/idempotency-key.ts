import { createHash } from 'node:crypto';
import { z } from 'zod';

/** The request header, to spread into the headers of a route; in quotes, as the IETF's draft has it, or bare. */
export const idempotencyKeyHeader = {
  'Idempotency-Key': z
    .string()
    .regex(/^(?:"[\x20\x21\x23-\x7e]{1,255}"|[\x21\x23-\x7e]{1,255})$/, {
      error: 'must have 1 to 255 visible ASCII characters',
    })
    .transform((text) => text.replaceAll('"', ''))
    .optional()
    .meta({
      description:
        'Makes the request safe to send again: within 24 hours the same key with the same body gets the answer of the first, and nothing is done twice. A UUID is a good key.',
      example: '2f0e7b0a-3a0c-4d0e-9d8b-6f0c1a2b3c4d',
      override: { type: 'string', minLength: 1, maxLength: 257 },
    }),
};

/** The response header, for the documentation of a route. */
export const replayedHeader = {
  'Idempotent-Replayed': '`true`, if this is the answer that an earlier request with the same key got.',
};

/** What a route with the header can also be answered with. */
export const idempotencyProblems = ['idempotency-key-in-use', 'idempotency-key-reused'] as const;

export interface KeyedRequest {
  readonly key: string;
  readonly fingerprint: Buffer;
}

/**
 * @param client whose key it is: two clients can use the same, and neither gets the other's answer
 * @param request what was asked for, as it was understood: the order of members, and whether a price came as a number
 *   or as a string, make no difference.
 */
export function keyedRequest(
  key: string,
  client: string | undefined,
  operation: string,
  request: unknown,
): KeyedRequest {
  const text = JSON.stringify([operation, request]);
  // No name of a client has a colon.
  return { key: `${client ?? ''}:${key}`, fingerprint: createHash('sha256').update(text).digest() };
}
