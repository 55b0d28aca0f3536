import { z } from 'zod';

/**
 * Every kind of error that the REST services answer with. The code is the stable part: it makes the `type` of the
 * problem (RFC 9457), by which a program tells one error from another. The title is a short sentence for people and, as
 * in the replaced system, the `error` member.
 */
export const problems = {
  'malformed-request': { status: 400, title: 'Malformed request' },
  'malformed-json': { status: 400, title: 'Malformed JSON' },
  'missing-parameter': { status: 400, title: 'Missing parameter' },
  unauthorized: { status: 401, title: 'Unauthorized' },
  'path-not-found': { status: 404, title: 'Not found' },
  'order-not-found': { status: 404, title: 'Order not found' },
  'customer-not-found': { status: 404, title: 'Customer not found' },
  'event-not-found': { status: 404, title: 'Event not found' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  'request-timeout': { status: 408, title: 'Request timeout' },
  /** A request with this `Idempotency-Key` is being handled. */
  'idempotency-key-in-use': { status: 409, title: 'Idempotency key in use' },
  'precondition-failed': { status: 412, title: 'Precondition failed' },
  'body-too-large': { status: 413, title: 'Body too large' },
  'unsupported-media-type': { status: 415, title: 'Unsupported media type' },
  'range-not-satisfiable': { status: 416, title: 'Range not satisfiable' },
  'expectation-failed': { status: 417, title: 'Expectation failed' },
  'validation-failed': { status: 422, title: 'Validation failed' },
  /** An order for a customer that the customer service does not know. */
  'unknown-customer': { status: 422, title: 'Customer not found' },
  /** The `Idempotency-Key` was used for a request that asked for something else. */
  'idempotency-key-reused': { status: 422, title: 'Idempotency key reused' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'header-too-large': { status: 431, title: 'Request header too large' },
  'internal-error': { status: 500, title: 'Internal error' },
  'temporarily-unavailable': { status: 503, title: 'Temporarily unavailable' },
  /** From `/readyz`. */
  'not-ready': { status: 503, title: 'Not ready' },
  /** Whether the customer exists could not be found out. */
  'customer-undecided': { status: 503, title: 'Customer service unavailable' },
  'http-version-not-supported': { status: 505, title: 'HTTP version not supported' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problems;

export const problemType = (code: ProblemCode) => `urn:event-sync:problem:${code}`;

/** The body of every error, as `application/problem+json`. */
export const problem = z
  .looseObject({
    type: z.string().meta({ description: 'Which problem it is, for programs: stable.' }),
    title: z
      .string()
      .meta({ description: 'Which problem it is, for people: the same for every occurrence.' }),
    status: z.int().meta({ description: 'The HTTP status code.' }),
    detail: z.string().meta({ description: 'What happened, to what, and what to do next.' }),
    instance: z
      .string()
      .optional()
      .meta({ description: 'The id of the request, as in X-Request-Id and the logs.' }),
    error: z.string().meta({ description: 'The title, under the name that the replaced system used.' }),
    message: z.string().meta({ description: 'The detail, under the name that the replaced system used.' }),
    errors: z
      .array(z.string())
      .optional()
      .meta({ description: 'Every fault of the request, a sentence each.' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457, with the members of the replaced system.' });
export type Problem = z.infer<typeof problem>;
