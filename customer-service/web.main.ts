import {
  configOrExit,
  databaseSettings,
  port,
  processSettings,
  redisSettings,
} from '@event-sync/platform/config.ts';
import { inboxChannel } from '@event-sync/outbox/hint.ts';
import { accessGuards, accessSettings } from '@event-sync/platform/access.ts';
import { HintListener } from '@event-sync/platform/hint-listener.ts';
import { HttpServer } from '@event-sync/platform/http-server.ts';
import { idempotencySettings, pruneIdempotencyKeys } from '@event-sync/platform/idempotency/prune.ts';
import { runProcess } from '@event-sync/platform/lifecycle.ts';
import { createLogger } from '@event-sync/platform/logger.ts';
import { createMetrics } from '@event-sync/platform/metrics.ts';
import { connectionSettings, createKnex, knexComponent } from '@event-sync/platform/postgres.ts';
import { createRedis, redisBreaker, redisComponent } from '@event-sync/platform/redis.ts';
import { z } from 'zod';
import { createCustomerApp } from './app.ts';
import { AppliedEvents } from './customers/applied-events.ts';
import { createCustomerCache } from './customers/customer-cache.ts';
import { sweepEvictions } from './housekeeping.ts';

const name = 'customer-web';
// RABBITMQ_URL may be set, as it was for the replaced system; nothing here connects to it: the worker consumes.
const config = configOrExit({
  ...processSettings,
  ...databaseSettings,
  ...redisSettings,
  HOST: z.string().default('127.0.0.1'),
  PORT: port(3002),
  ...idempotencySettings,
  ...accessSettings,
});
const logger = createLogger({ name, ...config });
const metrics = createMetrics({ service: name });
const knex = createKnex(config, { logger, applicationName: name });
const redis = createRedis(config.REDIS_URL, { logger, name });
const appliedEvents = new AppliedEvents({ knex, logger });
const breaker = redisBreaker({ logger, metrics });
const cache = createCustomerCache({ redis, breaker });
// The order service asks for the customers of orders, and those were counted when they were placed.
const unlimited = ['order_service'];
const guards = accessGuards(config, { service: name, unlimited, redis, breaker, metrics, logger });
const idempotencyHours = config.IDEMPOTENCY_RETENTION_HOURS;
const app = createCustomerApp({
  ...{ knex, redis, cache, appliedEvents, metrics, logger, guards },
  idempotencyHours,
});

await runProcess(
  [
    knexComponent(knex),
    redisComponent(redis),
    pruneIdempotencyKeys(config, { knex, logger }),
    // The worker does it as well: one of the two may be down, and it is this one that PUT leaves evictions to.
    sweepEvictions({ knex, cache, logger }),
    new HttpServer(app, { host: config.HOST, port: config.PORT, logger }),
    new HintListener({
      settings: connectionSettings(config, `${name}-hints`),
      channel: inboxChannel,
      onHint: () => appliedEvents.look(),
      logger,
    }),
    // Stops first: requests that wait for an event must not hold the server.
    appliedEvents,
  ],
  { logger },
);
