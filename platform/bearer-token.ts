import type { Request, RequestHandler, Response } from 'express';
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { sendProblem } from './problem.ts';

/** Who calls, by the name that stands before its token; nothing where anybody may call. */
const clients = new WeakMap<Request, string>();

export const clientOf = (req: Request): string | undefined => clients.get(req);

export interface NamedToken {
  readonly client: string;
  readonly token: string;
}

const oneToken = /^(?:([A-Za-z0-9._-]{1,64})=)?([\x21-\x7e]{16,})$/;

/**
 * `name=token` or a bare token, separated by commas, blanks or line breaks. A client has two of them while its token
 * is changed: the services are given both, then the client the new one, then the services that one alone.
 */
export const serviceTokens = z
  .string()
  .transform((text, context): NamedToken[] => {
    const parts = text.split(/[\s,]+/).filter((part) => part !== '');
    return parts.flatMap((part) => {
      const [, client = 'client', token] = oneToken.exec(part) ?? [];
      if (token !== undefined) return [{ client, token }];
      context.addIssue({
        code: 'custom',
        message:
          'every token must have at least 16 characters, without blanks and commas, and may have a name: web=…',
      });
      return [];
    });
  })
  .refine((tokens) => tokens.length > 0, { error: 'must hold a token' })
  .optional();

/** Bounds how many tokens can be tried: see wrong-tokens.ts. */
export interface LimitOfTries {
  /**
   * Answers 429 to who is held back.
   * @param client whose token it is; nothing, if it is nobody's
   * @returns whether it has
   */
  hold(req: Request, res: Response, client: string | undefined): boolean;
  /** Counts a wrong token, and answers 429 if it is one too many. @param otherwise answers if it is not */
  count(req: Request, res: Response, otherwise: () => void): void;
}

/**
 * Lets only those pass who send `Authorization: Bearer <token>` with one of the tokens. Compared in constant time,
 * whatever its length, and with all of them.
 */
export function requireBearerToken(tokens: readonly NamedToken[], tries?: LimitOfTries): RequestHandler {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = tokens.map(({ client, token }) => ({ client, digest: digest(token) }));
  const ownerOf = (token: string): string | undefined => {
    const sent = digest(token);
    return expected.filter((one) => timingSafeEqual(sent, one.digest))[0]?.client;
  };
  return (req, res, next) => {
    const given = /^Bearer ([\x21-\x7e]+)$/i.exec(req.get('authorization') ?? '')?.[1];
    const client = given === undefined ? undefined : ownerOf(given);
    if (tries?.hold(req, res, client)) return;
    if (client !== undefined) {
      clients.set(req, client);
      return next();
    }
    const refuse = () =>
      sendProblem(res, {
        problem: 'unauthorized',
        detail:
          'This API wants the header "Authorization: Bearer <token>" with a token that it was started with: ask whoever runs it.',
        headers: { 'WWW-Authenticate': 'Bearer' },
      });
    if (tries) tries.count(req, res, refuse);
    else refuse();
  };
}
