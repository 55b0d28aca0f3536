import type { RequestHandler } from 'express';
import { createHash, timingSafeEqual } from 'node:crypto';
import { sendProblem } from './problem.ts';

/** Lets only those pass who send `Authorization: Bearer <token>`. Compared in constant time, whatever its length. */
export function requireBearerToken(token: string): RequestHandler {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(token);
  return (req, res, next) => {
    const given = /^Bearer ([\x21-\x7e]+)$/i.exec(req.get('authorization') ?? '')?.[1];
    if (given !== undefined && timingSafeEqual(digest(given), expected)) return next();
    sendProblem(res, {
      problem: 'unauthorized',
      detail:
        'This API wants the header "Authorization: Bearer <token>" with the token that it was started with.',
      headers: { 'WWW-Authenticate': 'Bearer' },
    });
  };
}
