import type { RequestHandler } from 'express';
import { createHash } from 'node:crypto';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { Counter, type Registry } from 'prom-client';
import { RedisStore, type RedisReply } from 'rate-limit-redis';
import { clientOf } from './bearer-token.ts';
import type { Breaker } from './breaker.ts';
import { sendProblem } from './problem.ts';
import type { Redis } from './redis.ts';

/** The window that requests are counted in, in milliseconds. */
const windowMs = 60_000;

/**
 * At most so many requests a minute of one client: of one name of a token, else of one address. Counted in Redis, for
 * all processes together; answers carry `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-08).
 * While Redis does not answer nobody is held back, and `rate_limit_unchecked_total` counts who was not.
 */
export function limitRate({
  perMinute,
  unlimited = [],
  service,
  redis,
  breaker,
  metrics,
}: {
  perMinute: number;
  /** Clients that are not counted: what they ask comes of requests that were counted before. */
  unlimited?: readonly string[];
  /** Counted apart from other services on the same Redis. */
  service: string;
  redis: Redis;
  breaker: Breaker;
  metrics: Registry;
}): RequestHandler {
  const unchecked = new Counter({
    name: 'rate_limit_unchecked_total',
    help: 'Requests that passed without being counted, because Redis did not answer.',
    registers: [metrics],
  });
  const limited = new Counter({
    name: 'rate_limit_refused_total',
    help: 'Requests that were answered 429.',
    registers: [metrics],
  });
  const store = new RedisStore({
    prefix: `ratelimit:${service}:`,
    sendCommand: async (...command) => {
      // The store loads its scripts when it is made, which is before Redis is connected, and never again if that fails.
      // With the name that Redis gives a script it goes on, and loads it when it turns out not to be there.
      if (command[0] === 'SCRIPT' && redis.status !== 'ready')
        return createHash('sha1').update(command.at(-1)!).digest('hex');
      const [name = '', ...parameters] = command;
      const reply = await breaker.run(() =>
        // That is an answer, and no failure of Redis.
        redis.call(name, ...parameters).catch((error: Error) => {
          if (error.message.startsWith('NOSCRIPT')) return error;
          throw error;
        }),
      );
      if (reply instanceof Error) throw reply;
      return reply as RedisReply;
    },
  });
  const limiter = rateLimit({
    windowMs,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    identifier: `${perMinute}-per-minute`,
    keyGenerator: (req) => clientOf(req) ?? ipKeyGenerator(req.ip ?? ''),
    skip: (req) => unlimited.includes(clientOf(req) ?? ''),
    store,
    handler: (_req, res) => {
      limited.inc();
      sendProblem(res, {
        problem: 'too-many-requests',
        detail: `This client has sent more than ${perMinute} requests in a minute, and nothing was done for this one: send it again after the time in Retry-After.`,
      });
    },
  });
  return (req, res, next) => {
    void limiter(req, res, (error?: unknown) => {
      if (error !== undefined) unchecked.inc();
      next();
    });
  };
}
