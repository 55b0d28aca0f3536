import type { ProblemCode } from '@event-sync/contracts/problems.ts';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { evaluateForRead } from './conditional-request.ts';
import { readJsonBody } from './json-body.ts';
import { probe } from './probe.ts';
import { isProblemReply, sendProblem, type ProblemReply } from './problem.ts';
import { readQuery, withoutEmpty } from './query.ts';
import { contextOf, type RequestContext } from './request-context.ts';
import { validate } from './validation.ts';

/** One kind of answer. Its schema makes the type of the handler's reply and the OpenAPI document. */
export interface ResponseSpec {
  readonly description: string;
  readonly body: z.ZodType;
  /** `application/json` unless said; any other takes a string as body. */
  readonly contentType?: string;
  /** Headers that a client can rely on, each with what it says. */
  readonly headers?: Readonly<Record<string, string>>;
}
type Responses = Readonly<Record<number, ResponseSpec>>;
type Fields = z.ZodObject;
type None = z.ZodObject<Record<never, never>>;

/** An answer that fits one of the responses of the route. */
export type Reply<R extends Responses> = {
  [Status in keyof R & number]: {
    readonly status: Status;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body: z.input<R[Status]['body']>;
  };
}[keyof R & number];

/** What all of them have. */
export interface AnyReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** An answer that was given before, and is given again as it was: see idempotency/. */
export interface ReplayedReply extends AnyReply {
  readonly replayed: true;
  readonly body: string;
}

/** Written out as a function so that the status keeps its literal type, by which the body's type is found. */
export const reply = <const Status extends number, Body>(
  status: Status,
  body: Body,
  headers: Readonly<Record<string, string>> = {},
) => ({ status, headers, body });

export interface RouteInput<P extends Fields, Q extends Fields, B extends z.ZodType, H extends Fields> {
  readonly params: z.output<P>;
  readonly query: z.output<Q>;
  readonly headers: z.output<H>;
  readonly body: z.output<B>;
  readonly context: RequestContext;
}

export interface RouteSpec<
  P extends Fields,
  Q extends Fields,
  B extends z.ZodType,
  H extends Fields,
  R extends Responses,
> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As express writes it: `/orders/:id`. */
  readonly path: `/${string}`;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly params?: P;
  /** Answered when the path cannot name anything, e.g. `/orders/abc`. */
  readonly notFound?: ProblemCode;
  readonly query?: Q;
  /** Request headers, by their names as people write them. */
  readonly headers?: H;
  readonly body?: B;
  /** Bytes of the body, if not 100 kB. */
  readonly bodyLimit?: number;
  /** Shown in the documentation, and what "Try it out" starts from. */
  readonly bodyExample?: unknown;
  readonly responses: R;
  /** The problems of its own; those that any request can meet are added. */
  readonly problems?: readonly ProblemCode[];
  readonly handler: (
    input: RouteInput<P, Q, B, H>,
  ) => Promise<NoInfer<Reply<R>> | ProblemReply | ReplayedReply>;
}

/** What express and the OpenAPI document need of a route, whatever its types. */
export interface Route extends Omit<RouteSpec<Fields, Fields, z.ZodType, Fields, Responses>, 'handler'> {
  readonly handle: (req: Request, res: Response) => Promise<void>;
}

/**
 * One call of a REST API. Its schemas are the only source of what is accepted, of what the handler is typed to get and
 * to answer, and of what the OpenAPI document says.
 */
export function route<
  R extends Responses,
  P extends Fields = None,
  Q extends Fields = None,
  B extends z.ZodType = z.ZodUndefined,
  H extends Fields = None,
>(spec: RouteSpec<P, Q, B, H, R>): Route {
  const { handler, ...documented } = spec;
  const handle = async (req: Request, res: Response): Promise<void> => {
    const input = await readInput(spec, req, res);
    const answer = isProblemReply(input) ? input : await handler(input);
    probe('http.answer-before');
    if (isProblemReply(answer)) sendProblem(res, answer);
    else sendReply(req, res, answer, spec.responses[answer.status]?.contentType);
    probe('http.answered');
  };
  return { ...documented, handle };
}

async function readInput<P extends Fields, Q extends Fields, B extends z.ZodType, H extends Fields>(
  spec: Pick<
    RouteSpec<P, Q, B, H, Responses>,
    'params' | 'notFound' | 'query' | 'headers' | 'body' | 'bodyLimit'
  >,
  req: Request,
  res: Response,
): Promise<RouteInput<P, Q, B, H> | ProblemReply> {
  const params = validate(spec.params ?? noFields, req.params, 'the path');
  if (!params.ok) {
    return {
      problem: spec.notFound ?? 'path-not-found',
      detail: `This path names nothing: ${params.errors.join('; ')}.`,
    };
  }

  const given = readQuery(req.originalUrl);
  if (!given.ok) return { problem: 'malformed-request', detail: given.fault };
  const expectedQuery = spec.query ?? noQuery;
  const query = validate(expectedQuery, withoutEmpty(given.query, expectedQuery.shape), 'the query');
  if (!query.ok) {
    const missing = query.missing.length > 0;
    return refused(missing ? 'missing-parameter' : 'validation-failed', query.errors);
  }

  const expected = spec.headers ?? noFields;
  const sent = Object.keys(expected.shape).flatMap((name) => {
    const value = req.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  const headers = validate(expected, Object.fromEntries(sent), 'the headers');
  if (!headers.ok) return refused('malformed-request', headers.errors);

  let body: unknown;
  if (spec.body) {
    const read = await readJsonBody(req, res, spec.bodyLimit);
    if (isProblemReply(read)) return read;
    const validated = validate(spec.body, read.value, 'the body');
    if (!validated.ok) return refused('validation-failed', validated.errors);
    body = validated.value;
  }
  return {
    params: params.value as z.output<P>,
    query: query.value as z.output<Q>,
    headers: headers.value as z.output<H>,
    body: body as z.output<B>,
    context: contextOf(res),
  };
}

/** @param etag of what is there now, if it is known */
export const preconditionFailed = (etag?: string): ProblemReply => ({
  problem: 'precondition-failed',
  detail: `What is there is not what If-Match or If-None-Match asks for, so nothing was done: read it again, and decide anew.`,
  ...(etag === undefined ? {} : { headers: { ETag: etag } }),
});

// Made once: zod compiles a schema when it is first used.
const noFields = z.object({});
const noQuery = z.strictObject({});

const refused = (problem: ProblemCode, errors: readonly string[]): ProblemReply => ({
  problem,
  detail: `The request was refused and nothing was changed: ${errors.join('; ')}.`,
  errors,
});

function sendReply(
  req: Request,
  res: Response,
  { status, headers, body }: AnyReply,
  contentType = 'application/json; charset=utf-8',
): void {
  const etag = headers?.ETag;
  if (etag !== undefined && status === 200 && (req.method === 'GET' || req.method === 'HEAD')) {
    // Whoever keeps it asks whether it is still true before each use.
    res.set('Cache-Control', 'private, no-cache');
    const precondition = evaluateForRead(req.headers, etag);
    if (precondition === 'not-modified') {
      res.status(304).set(headers!).end();
      return;
    }
    if (precondition === 'failed') return sendProblem(res, preconditionFailed(etag));
  }
  // A buffer, so that express neither guesses a type nor touches the charset.
  res
    .status(status)
    .set({ ...headers, 'Content-Type': contentType })
    .send(Buffer.from(textOf(body)));
}

/** The body of an answer as it is sent. */
export const textOf = (body: unknown): string => (typeof body === 'string' ? body : JSON.stringify(body));
