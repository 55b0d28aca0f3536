import { asyncApiDocument } from '@event-sync/contracts/asyncapi.ts';
import type { Hint } from '@event-sync/outbox/hint.ts';
import { createHttpApp } from '@event-sync/platform/http-app.ts';
import type { Logger } from '@event-sync/platform/logger.ts';
import type { Redis } from '@event-sync/platform/redis.ts';
import type { Express, RequestHandler } from 'express';
import type { Knex } from 'knex';
import type { Registry } from 'prom-client';
import type { CustomerDirectory } from './customers/customer-directory.ts';
import { orderApiInfo, orderRoutes } from './http/orders.routes.ts';

export interface OrderAppOptions {
  readonly knex: Knex;
  readonly redis: Redis;
  readonly customers: CustomerDirectory;
  readonly hint: Hint;
  readonly metrics: Registry;
  readonly logger: Logger;
  /** Asked before every call of the API. */
  readonly guards: readonly RequestHandler[];
  readonly idempotencyHours: number;
}

/** The order service without its server and its settings: what `main` wires, and what a test can too. */
export function createOrderApp({
  knex,
  redis,
  customers,
  hint,
  metrics,
  logger,
  guards,
  idempotencyHours,
}: OrderAppOptions): Express {
  return createHttpApp({
    info: orderApiInfo,
    documents: { '/asyncapi.json': asyncApiDocument() },
    routes: orderRoutes({ knex, customers, hint, metrics, idempotencyHours }),
    checks: [
      { name: 'postgres', check: () => mayPlaceOrders(knex) },
      { name: 'redis', check: async () => void (await redis.ping()) },
    ],
    metrics,
    logger,
    guards,
  });
}

/** Asks for the right and not for a row: this service may write to the outbox and not read it. */
async function mayPlaceOrders(knex: Knex): Promise<void> {
  const { rows } = await knex.raw<{ rows: { may: boolean }[] }>(`
    SELECT has_column_privilege('orders', 'id', 'SELECT') AND has_any_column_privilege('orders', 'INSERT')
           AND has_any_column_privilege('outbox', 'INSERT') AS may`);
  if (!rows[0]?.may) throw new Error('this user may not write to orders and outbox: run the migrations');
}
