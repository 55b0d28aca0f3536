import type { Request, RequestHandler, Response } from 'express';
import { createHash } from 'node:crypto';
import { ipKeyGenerator, rateLimit, type RateLimitInfo } from 'express-rate-limit';
import { Counter, type Registry } from 'prom-client';
import { RedisStore, type RedisReply } from 'rate-limit-redis';
import { clientOf } from './bearer-token.ts';
import type { Breaker } from './breaker.ts';
import { sendProblem } from './problem.ts';
import type { Redis } from './redis.ts';

/** The window that requests are counted in, in milliseconds. */
const windowMs = 60_000;

export interface RateLimitOptions {
  readonly perMinute: number;
  /** Clients that are not counted: what they ask comes of requests that were counted before. */
  readonly unlimited?: readonly string[];
  /** Counted apart from other services on the same Redis. */
  readonly service: string;
  readonly redis: Redis;
  readonly breaker: Breaker;
  readonly metrics: Registry;
}

/** The address that a request came from; of IPv6 the network, since whoever has one address there has them all. */
export const addressOf = (req: Request): string => ipKeyGenerator(req.ip ?? '');

/**
 * Counts in Redis, for all processes together. While Redis does not answer nobody is held back, and
 * `rate_limit_unchecked_total` counts who was not. Answers carry `RateLimit` and `RateLimit-Policy`
 * (draft-ietf-httpapi-ratelimit-headers-08).
 */
export class RateLimits {
  readonly #options: RateLimitOptions;
  readonly #unchecked: Counter;
  readonly #refused: Counter;

  constructor(options: RateLimitOptions) {
    this.#options = options;
    this.#unchecked = new Counter({
      name: 'rate_limit_unchecked_total',
      help: 'Requests that passed without being counted, because Redis did not answer.',
      registers: [options.metrics],
    });
    this.#refused = new Counter({
      name: 'rate_limit_refused_total',
      help: 'Requests that were answered 429.',
      registers: [options.metrics],
    });
  }

  /** At most so many requests a minute of one client: of one name of a token, else of one address. */
  ofRequests(): RequestHandler {
    const { perMinute, unlimited = [] } = this.#options;
    return this.#limit({
      prefix: '',
      keyOf: (req) => clientOf(req) ?? addressOf(req),
      skip: (req) => unlimited.includes(clientOf(req) ?? ''),
      onRefused: (_req, res) =>
        this.refuse(res, `This client has sent more than ${perMinute} requests in a minute`),
    });
  }

  /** At most as many wrong tokens a minute of one address. @param onRefused is told when they may be sent again */
  ofWrongTokens(onRefused: (req: Request, res: Response, until: Date) => void): RequestHandler {
    return this.#limit({
      prefix: 'wrong-token:',
      keyOf: addressOf,
      onRefused: (req, res) => {
        const { resetTime } = (req as Request & { rateLimit: RateLimitInfo }).rateLimit;
        onRefused(req, res, resetTime ?? new Date(Date.now() + windowMs));
      },
    });
  }

  /** Answers 429. */
  refuse(res: Response, what: string, headers: Readonly<Record<string, string>> = {}): void {
    this.#refused.inc();
    sendProblem(res, {
      problem: 'too-many-requests',
      detail: `${what}, and nothing was done for this one: send it again after the time in Retry-After.`,
      headers,
    });
  }

  #limit(of: {
    prefix: string;
    keyOf: (req: Request) => string;
    skip?: (req: Request) => boolean;
    onRefused: (req: Request, res: Response) => void;
  }): RequestHandler {
    const { perMinute } = this.#options;
    const limiter = rateLimit({
      windowMs,
      limit: perMinute,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      identifier: `${perMinute}-per-minute`,
      keyGenerator: of.keyOf,
      skip: of.skip ?? (() => false),
      store: this.#store(of.prefix),
      handler: of.onRefused,
    });
    return (req, res, next) => {
      void limiter(req, res, (error?: unknown) => {
        if (error !== undefined) this.#unchecked.inc();
        next();
      });
    };
  }

  #store(prefix: string): RedisStore {
    const { service, redis, breaker } = this.#options;
    const scripts = new Map<string, string>();
    return new RedisStore({
      prefix: `ratelimit:${service}:${prefix}`,
      sendCommand: async (...command) => {
        // The store would never ask again for a script that could not be loaded once, and count nobody from then on. It
        // gets the name that Redis gives the script, and the script goes along whenever Redis does not have it.
        if (command[0] === 'SCRIPT') {
          const script = command.at(-1)!;
          const name = createHash('sha1').update(script).digest('hex');
          scripts.set(name, script);
          return name;
        }
        const [name = '', ...parameters] = command;
        return (await breaker.run(() =>
          redis.call(name, ...parameters).catch((error: Error) => {
            const script = scripts.get(parameters[0]!);
            if (!script || !error.message.startsWith('NOSCRIPT')) throw error;
            return redis.call('EVAL', script, ...parameters.slice(1));
          }),
        )) as RedisReply;
      },
    });
  }
}
