import { requireBearerToken } from '@event-sync/platform/bearer-token.ts';
import { createHttpApp } from '@event-sync/platform/http-app.ts';
import type { Logger } from '@event-sync/platform/logger.ts';
import type { Express } from 'express';
import type pg from 'pg';
import { Registry } from 'prom-client';
import { adminApiInfo, adminRoutes } from './admin.routes.ts';

/** What `npm run outbox` does, for programs: on a port of its own, and never without a token. */
export function createAdminApp({
  pool,
  token,
  logger,
}: {
  pool: pg.Pool;
  token: string;
  logger: Logger;
}): Express {
  return createHttpApp({
    info: adminApiInfo,
    routes: adminRoutes({ pool }),
    checks: [{ name: 'postgres', check: async () => void (await pool.query('SELECT 1')) }],
    // Its own: the relay's figures are on the relay's port.
    metrics: new Registry(),
    logger: logger.child({ api: 'admin' }),
    guard: requireBearerToken([{ client: 'operator', token }]),
  });
}
