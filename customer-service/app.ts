import { asyncApiDocument } from '@event-sync/contracts/asyncapi.ts';
import { createHttpApp } from '@event-sync/platform/http-app.ts';
import type { Logger } from '@event-sync/platform/logger.ts';
import type { Redis } from '@event-sync/platform/redis.ts';
import type { VersionedCache } from '@event-sync/platform/versioned-cache.ts';
import type { Express, RequestHandler } from 'express';
import type { Knex } from 'knex';
import type { Registry } from 'prom-client';
import type { AppliedEvents } from './customers/applied-events.ts';
import { customerApiInfo, customerRoutes } from './http/customers.routes.ts';

export interface CustomerAppOptions {
  readonly knex: Knex;
  readonly redis: Redis;
  readonly cache: VersionedCache;
  readonly appliedEvents: AppliedEvents;
  readonly metrics: Registry;
  readonly logger: Logger;
  /** Asked before every call of the API. */
  readonly guards: readonly RequestHandler[];
  readonly idempotencyHours: number;
}

/** The customer service's REST half without its server and its settings. */
export function createCustomerApp({
  knex,
  redis,
  cache,
  appliedEvents,
  metrics,
  logger,
  guards,
  idempotencyHours,
}: CustomerAppOptions): Express {
  return createHttpApp({
    info: customerApiInfo,
    documents: { '/asyncapi.json': asyncApiDocument() },
    routes: customerRoutes({ knex, cache, appliedEvents, idempotencyHours }),
    checks: [
      { name: 'postgres', check: async () => void (await knex.raw('SELECT FROM customers, inbox LIMIT 0')) },
      { name: 'redis', check: async () => void (await redis.ping()) },
    ],
    metrics,
    logger,
    guards,
  });
}
