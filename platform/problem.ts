import { problems, problemType, type Problem, type ProblemCode } from '@event-sync/contracts/problems.ts';
import type { Response } from 'express';

/** An error answer, as a value: what a handler returns instead of throwing. */
export interface ProblemReply {
  readonly problem: ProblemCode;
  /** A sentence: what happened, to what, and what to do next. */
  readonly detail: string;
  /** Every fault of the request, a sentence each. */
  readonly errors?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** More members of the problem's body (RFC 9457, section 3.2). */
  readonly extensions?: Readonly<Record<string, unknown>>;
}

export const isProblemReply = (value: object): value is ProblemReply => 'problem' in value;

/** The media type of every error. */
export const problemMediaType = 'application/problem+json';

/** The body, with `instance` as the id by which the request is found in the logs. */
export function problemBody(reply: ProblemReply, instance?: string): Problem & Record<string, unknown> {
  const { status, title } = problems[reply.problem];
  return {
    type: problemType(reply.problem),
    title,
    status,
    detail: reply.detail,
    ...(instance === undefined ? {} : { instance }),
    error: title,
    message: reply.detail,
    ...(reply.errors === undefined ? {} : { errors: [...reply.errors] }),
    ...reply.extensions,
  };
}

export function sendProblem(res: Response, reply: ProblemReply): void {
  const instance = res.getHeader('x-request-id');
  const body = problemBody(reply, typeof instance === 'string' ? instance : undefined);
  // A buffer, because express would add a charset to a string, and this media type has none.
  res
    .status(body.status)
    .set({ 'Cache-Control': 'no-store', ...reply.headers, 'Content-Type': problemMediaType })
    .send(Buffer.from(JSON.stringify(body)));
}
