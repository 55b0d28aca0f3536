import { requireBearerToken } from '@event-sync/platform/bearer-token.ts';
import { createHttpApp } from '@event-sync/platform/http-app.ts';
import type { Logger } from '@event-sync/platform/logger.ts';
import type { Express } from 'express';
import { Registry } from 'prom-client';
import { deadLetterApiInfo, deadLetterRoutes } from './dead-letters.routes.ts';

/** The worker's admin API: on a port of its own, and never without a token. */
export function createAdminApp({
  rabbitmqUrl,
  token,
  logger,
}: {
  rabbitmqUrl: string;
  token: string;
  logger: Logger;
}): Express {
  return createHttpApp({
    info: deadLetterApiInfo,
    routes: deadLetterRoutes({ rabbitmqUrl }),
    checks: [],
    // Its own: the worker's figures are on the worker's port.
    metrics: new Registry(),
    logger: logger.child({ api: 'admin' }),
    guard: requireBearerToken([{ client: 'operator', token }]),
  });
}
