import type { RequestHandler } from 'express';
import type { Registry } from 'prom-client';
import { requireBearerToken, serviceTokens, type NamedToken } from './bearer-token.ts';
import type { Breaker } from './breaker.ts';
import { count } from './config.ts';
import type { Logger } from './logger.ts';
import { RateLimits } from './rate-limit.ts';
import type { Redis } from './redis.ts';
import { WrongTokens } from './wrong-tokens.ts';

/** Who may call a REST API, and how often. */
export const accessSettings = {
  /** None: anybody may call. In production there must be one. */
  API_TOKENS: serviceTokens,
  /** Of one client, and as many wrong tokens of one address; 0: as many as it likes. */
  RATE_LIMIT_PER_MINUTE: count(0, { min: 0 }),
};

/** What stands before the routes of a REST API. */
export function accessGuards(
  settings: { API_TOKENS?: readonly NamedToken[] | undefined; RATE_LIMIT_PER_MINUTE: number },
  dependencies: {
    service: string;
    /** Clients without a limit. */
    unlimited?: readonly string[];
    redis: Redis;
    breaker: Breaker;
    metrics: Registry;
    logger: Logger;
  },
): RequestHandler[] {
  const { API_TOKENS: tokens, RATE_LIMIT_PER_MINUTE: perMinute } = settings;
  if (!tokens) {
    dependencies.logger.warn(
      'API_TOKENS is not set: whoever reaches this port may call. In production the start is refused then',
    );
  }
  const limits = perMinute > 0 ? new RateLimits({ ...dependencies, perMinute }) : undefined;
  return [
    ...(tokens ? [requireBearerToken(tokens, limits && new WrongTokens(limits))] : []),
    ...(limits ? [limits.ofRequests()] : []),
  ];
}
