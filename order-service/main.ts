import { customerKey, customerTtlSeconds } from '@event-sync/contracts/customer.ts';
import { outboxChannel, Hint } from '@event-sync/outbox/hint.ts';
import { accessGuards, accessSettings } from '@event-sync/platform/access.ts';
import { Breaker } from '@event-sync/platform/breaker.ts';
import {
  configOrExit,
  databaseSettings,
  httpUrl,
  port,
  processSettings,
  redisSettings,
} from '@event-sync/platform/config.ts';
import { HttpServer } from '@event-sync/platform/http-server.ts';
import { idempotencySettings, pruneIdempotencyKeys } from '@event-sync/platform/idempotency/prune.ts';
import { runProcess } from '@event-sync/platform/lifecycle.ts';
import { createLogger } from '@event-sync/platform/logger.ts';
import { createMetrics } from '@event-sync/platform/metrics.ts';
import { createKnex, knexComponent } from '@event-sync/platform/postgres.ts';
import { createRedis, redisBreaker, redisComponent } from '@event-sync/platform/redis.ts';
import { VersionedCache } from '@event-sync/platform/versioned-cache.ts';
import { z } from 'zod';
import { createOrderApp } from './app.ts';
import { CustomerDirectory } from './customers/customer-directory.ts';

const name = 'order-service';
// RABBITMQ_URL may be set, as it was for the replaced system; nothing here connects to it: the relay publishes.
const config = configOrExit({
  ...processSettings,
  ...databaseSettings,
  ...redisSettings,
  CUSTOMER_SERVICE_URL: httpUrl,
  /** What the customer service wants, if it wants a token. */
  CUSTOMER_SERVICE_TOKEN: z.string().min(1).optional(),
  HOST: z.string().default('127.0.0.1'),
  PORT: port(3001),
  ...idempotencySettings,
  ...accessSettings,
});
const logger = createLogger({ name, ...config });
const metrics = createMetrics({ service: name });
const knex = createKnex(config, { logger, applicationName: name });
const redis = createRedis(config.REDIS_URL, { logger, name });
const breaker = redisBreaker({ logger, metrics });
const cache = new VersionedCache({ redis, breaker }, { key: customerKey, ttlSeconds: customerTtlSeconds });
const customers = new CustomerDirectory({
  cache,
  breaker: new Breaker({ name: 'customer-service', failures: 3, pauseMs: 2_000, logger, metrics }),
  customerServiceUrl: config.CUSTOMER_SERVICE_URL,
  token: config.CUSTOMER_SERVICE_TOKEN,
  logger,
});
const hint = new Hint(() => knex.raw(`NOTIFY ${outboxChannel}`));
const guards = accessGuards(config, { service: name, redis, breaker, metrics, logger });
const idempotencyHours = config.IDEMPOTENCY_RETENTION_HOURS;
const app = createOrderApp({ knex, redis, customers, hint, metrics, logger, guards, idempotencyHours });

await runProcess(
  [
    knexComponent(knex),
    redisComponent(redis),
    pruneIdempotencyKeys(config, { knex, logger }),
    new HttpServer(app, { host: config.HOST, port: config.PORT, logger }),
  ],
  { logger },
);
