import { outboxChannel } from '@event-sync/outbox/hint.ts';
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
} from '@event-sync/platform/config.ts';
import { HintListener } from '@event-sync/platform/hint-listener.ts';
import { createHttpApp } from '@event-sync/platform/http-app.ts';
import { HttpServer } from '@event-sync/platform/http-server.ts';
import { runProcess } from '@event-sync/platform/lifecycle.ts';
import { createLogger } from '@event-sync/platform/logger.ts';
import { createMetrics } from '@event-sync/platform/metrics.ts';
import { connectionSettings, createPool, poolComponent } from '@event-sync/platform/postgres.ts';
import { cronExpression } from '@event-sync/platform/scheduled-task.ts';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { adminApiInfo, adminRoutes } from './http/admin.routes.ts';
import { prunePublishedEvents } from './housekeeping.ts';
import { backlog } from './outbox/backlog.ts';
import { postgresOutbox } from './outbox/outbox.ts';
import { postgresLeases } from './ownership/leases.ts';
import { Ownership } from './ownership/ownership.ts';
import { relayMetrics } from './relay/relay-metrics.ts';
import { Relay } from './relay/relay.ts';
import { Settler } from './relay/settler.ts';

const name = 'outbox-relay';
const config = configOrExit({
  ...processSettings,
  ...databaseSettings,
  ...rabbitmqSettings,
  HOST: z.string().default('127.0.0.1'),
  PORT: port(3003),
  /** Exchanges, separated by commas, that the relay declares (topic, durable) if they are not there. */
  OUTBOX_EXCHANGES: z.string().default('events'),
  /** CloudEvents `source` of the events in this outbox. */
  OUTBOX_SOURCE: z.string().min(1).default('/order-service'),
  OUTBOX_POLL_MS: count(200, { min: 5, max: 10_000 }),
  OUTBOX_WINDOW: count(1_000, { max: 50_000 }),
  OUTBOX_BATCH: count(1_000, { max: 50_000 }),
  OUTBOX_CONFIRM_TIMEOUT_MS: count(30_000, { min: 100 }),
  OUTBOX_MAX_ATTEMPTS: count(50),
  /** RabbitMQ's own limit, `max_message_size`: 16 MiB by default. */
  OUTBOX_MAX_MESSAGE_BYTES: count(16 * 1024 * 1024),
  OUTBOX_RETENTION_HOURS: hours(168),
  OUTBOX_HOUSEKEEPING_CRON: cronExpression('*/5 * * * *'),
  ...adminSettings(3005),
});

const logger = createLogger({ name, ...config });
const metrics = createMetrics({ service: name });
const relayId = randomUUID();
const onError = (error: Error) =>
  logger.warn({ err: error }, 'a postgres connection broke: the pool makes another');
const pool = createPool(config, { applicationName: name, max: 5, onError });
// Leases wait for nothing else: who renews them too late has to stop publishing.
const leasePool = createPool(config, { applicationName: `${name}-leases`, max: 1, onError });
const link = new BrokerLink({
  url: config.RABBITMQ_URL,
  connectionName: name,
  topology: {
    exchanges: Object.fromEntries(
      config.OUTBOX_EXCHANGES.split(',').map((exchange) => [exchange.trim(), { type: 'topic' }]),
    ),
  },
  mode: config.RABBITMQ_TOPOLOGY,
  logger,
});
const publisher = new ConfirmPublisher({
  connect: () => link.connect(),
  logger,
  confirmTimeoutMs: config.OUTBOX_CONFIRM_TIMEOUT_MS,
  batched: true,
  onAvailable: () => {
    ownership.wake();
    relay.wake();
  },
});
const ownership: Ownership = new Ownership({
  leases: postgresLeases(leasePool),
  relayId,
  logger,
  drain: (partitions) => relay.drain(partitions),
  onChange: () => relay.wake(),
  canPublish: () => publisher.connected,
});
const recorded = relayMetrics(metrics, {
  backlog: () => backlog(pool),
  ownedPartitions: () => ownership.owned,
  suspendedRoutes: () => relay.suspendedRoutes,
  available: () => publisher.available,
});
const outbox = postgresOutbox(pool);
const settler = new Settler({ outbox, logger, metrics: recorded, enough: config.OUTBOX_WINDOW });
const relay: Relay = new Relay({
  outbox,
  publisher,
  ownership,
  settler,
  metrics: recorded,
  logger,
  source: config.OUTBOX_SOURCE,
  window: config.OUTBOX_WINDOW,
  batch: config.OUTBOX_BATCH,
  pollMs: config.OUTBOX_POLL_MS,
  maxAttempts: config.OUTBOX_MAX_ATTEMPTS,
  maxMessageBytes: config.OUTBOX_MAX_MESSAGE_BYTES,
});
const app = createHttpApp({
  info: { title: 'Outbox relay', version: '0.1.0', description: 'Publishes the outbox. Health and metrics.' },
  routes: [],
  checks: [
    {
      name: 'postgres',
      check: async () => void (await pool.query('SELECT FROM outbox, outbox_partition LIMIT 0')),
    },
    {
      name: 'rabbitmq',
      check: async () => {
        if (publisher.problem) throw new Error(publisher.problem);
      },
    },
  ],
  metrics,
  logger,
});

const admin = createAdminServer(config, {
  info: adminApiInfo,
  routes: adminRoutes({ pool }),
  checks: [{ name: 'postgres', check: async () => void (await pool.query('SELECT 1')) }],
  logger,
});

logger.info({ relay_id: relayId }, 'starting');
await runProcess(
  [
    poolComponent(pool),
    poolComponent(leasePool),
    new HttpServer(app, { host: config.HOST, port: config.PORT, logger }),
    ...(admin ? [admin] : []),
    link,
    publisher,
    ownership,
    relay,
    new HintListener({
      settings: connectionSettings(config, `${name}-hints`),
      channel: outboxChannel,
      onHint: () => relay.wake(),
      logger,
    }),
    prunePublishedEvents({
      pool,
      logger,
      schedule: config.OUTBOX_HOUSEKEEPING_CRON,
      retentionHours: config.OUTBOX_RETENTION_HOURS,
    }),
  ],
  { logger, failure: link.failed },
);
