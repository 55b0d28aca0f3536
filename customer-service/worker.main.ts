import { orderEventsQueue } from '@event-sync/contracts/topology.ts';
import { Hint, inboxChannel } from '@event-sync/outbox/hint.ts';
import { pruneInbox } from '@event-sync/outbox/prune-inbox.ts';
import { BrokerLink } from '@event-sync/platform/broker/broker-link.ts';
import { ConfirmPublisher } from '@event-sync/platform/broker/confirm-publisher.ts';
import { createAdminServer } from '@event-sync/platform/admin-server.ts';
import {
  adminSettings,
  configOrExit,
  count,
  databaseSettings,
  hours,
  port,
  processSettings,
  rabbitmqSettings,
  redisSettings,
} from '@event-sync/platform/config.ts';
import { createHttpApp } from '@event-sync/platform/http-app.ts';
import { HttpServer } from '@event-sync/platform/http-server.ts';
import { runProcess } from '@event-sync/platform/lifecycle.ts';
import { createLogger } from '@event-sync/platform/logger.ts';
import { createMetrics } from '@event-sync/platform/metrics.ts';
import { createKnex, knexComponent } from '@event-sync/platform/postgres.ts';
import { pruneByTheClock } from '@event-sync/platform/prune-by-the-clock.ts';
import { createRedis, redisBreaker, redisComponent } from '@event-sync/platform/redis.ts';
import { cronExpression } from '@event-sync/platform/scheduled-task.ts';
import { z } from 'zod';
import { createCustomerCache } from './customers/customer-cache.ts';
import { consumerMetrics } from './events/consumer-metrics.ts';
import { Consumer } from './events/consumer.ts';
import { DiscardedEvents } from './events/discarded-events.ts';
import { evictOrNote } from './events/evict-or-note.ts';
import { PutAside } from './events/put-aside.ts';
import { workerTopology } from './events/worker-topology.ts';
import { deadLetterApiInfo, deadLetterRoutes } from './http/dead-letters.routes.ts';
import { sweepEvictions } from './housekeeping.ts';

const name = 'customer-worker';
const config = configOrExit({
  ...processSettings,
  ...databaseSettings,
  ...rabbitmqSettings,
  ...redisSettings,
  HOST: z.string().default('127.0.0.1'),
  PORT: port(3004),
  /** Messages in one transaction at the most, and how long to wait for a batch to fill, in milliseconds. */
  CONSUMER_BATCH: count(4_000, { max: 10_000 }),
  CONSUMER_WAIT_MS: count(5, { min: 0, max: 1_000 }),
  /** Longer than everything that can deliver an event again: outbox retention, and dead letters waiting for a person. */
  INBOX_RETENTION_HOURS: hours(24 * 90),
  INBOX_HOUSEKEEPING_CRON: cronExpression('*/15 * * * *'),
  ...adminSettings(3006),
});

const logger = createLogger({ name, ...config });
const metrics = createMetrics({ service: name });
const knex = createKnex(config, { logger, applicationName: name, poolMax: 5 });
const redis = createRedis(config.REDIS_URL, { logger, name });
const cache = createCustomerCache({ redis, breaker: redisBreaker({ logger, metrics }) });
const link = new BrokerLink({
  url: config.RABBITMQ_URL,
  connectionName: name,
  topology: workerTopology,
  mode: config.RABBITMQ_TOPOLOGY,
  logger,
});
// A connection of its own: a broker that blocks publishers must not stop the consumer.
const publisher = new ConfirmPublisher({ connect: () => link.connect(), logger, confirmTimeoutMs: 30_000 });
// For requests that wait for their own order to be counted.
const hint = new Hint(() => knex.raw(`NOTIFY ${inboxChannel}`));
const stopping = new AbortController();
const consumer: Consumer = new Consumer({
  link,
  queue: orderEventsQueue,
  knex,
  putAside: new PutAside({
    publisher,
    onMissing: () => link.restoreTopology(),
    logger,
    signal: stopping.signal,
  }),
  onApplied: () => hint.raise(),
  evict: evictOrNote({ knex, cache, logger }),
  metrics: consumerMetrics(metrics, {
    subscribed: () => consumer.problem === undefined,
    stalledSeconds: () => consumer.stall.seconds,
  }),
  logger,
  maxBatch: config.CONSUMER_BATCH,
  waitMs: config.CONSUMER_WAIT_MS,
});
const app = createHttpApp({
  info: { title: 'Customer worker', version: '0.1.0', description: 'Counts orders. Health and metrics.' },
  routes: [],
  checks: [
    { name: 'postgres', check: async () => void (await knex.raw('SELECT FROM customers, inbox LIMIT 0')) },
    { name: 'redis', check: async () => void (await redis.ping()) },
    {
      name: 'rabbitmq',
      check: async () => {
        const problem = consumer.problem ?? publisher.problem;
        if (problem) throw new Error(problem);
      },
    },
    {
      name: 'batch',
      check: async () => {
        if (consumer.stall.problem) throw new Error(consumer.stall.problem);
      },
    },
  ],
  metrics,
  logger,
});

const admin = createAdminServer(config, {
  info: deadLetterApiInfo,
  routes: deadLetterRoutes({ rabbitmqUrl: config.RABBITMQ_URL, discarded: new DiscardedEvents(knex) }),
  checks: [],
  logger,
});

await runProcess(
  [
    knexComponent(knex),
    redisComponent(redis),
    new HttpServer(app, { host: config.HOST, port: config.PORT, logger }),
    ...(admin ? [admin] : []),
    link,
    publisher,
    consumer,
    // Stops first: a message that cannot be put aside now must not hold the consumer; it stays in its queue.
    { name: 'put-aside', start: async () => {}, stop: async () => stopping.abort() },
    pruneByTheClock({
      what: 'inbox ids',
      schedule: config.INBOX_HOUSEKEEPING_CRON,
      retentionHours: config.INBOX_RETENTION_HOURS,
      prune: (retentionHours, signal) => pruneInbox(knex, { retentionHours, signal }),
      logger,
    }),
    sweepEvictions({ knex, cache, logger }),
  ],
  { logger, failure: link.failed },
);
