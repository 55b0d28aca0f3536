import { customerKey, customerTtlSeconds } from '@event-sync/contracts/customer.ts';
import type { DatabaseSettings } from '@event-sync/platform/config.ts';
import { userOfThisMachine, write } from '@event-sync/platform/console.ts';
import { createLogger, type Logger } from '@event-sync/platform/logger.ts';
import { createMetrics } from '@event-sync/platform/metrics.ts';
import { createKnex } from '@event-sync/platform/postgres.ts';
import { createRedis, redisBreaker, type Redis } from '@event-sync/platform/redis.ts';
import { VersionedCache } from '@event-sync/platform/versioned-cache.ts';
import { audit, type Audit } from './audit.ts';
import type { Command } from './console/command.ts';
import { reportJson, reportText } from './console/report.ts';
import { kept } from './findings.ts';
import { reach } from './reading/reach.ts';
import { repair, type Repaired } from './repair/repair.ts';
import type { AuditSettings } from './settings.ts';

type Settings = AuditSettings & { order: DatabaseSettings; customer: DatabaseSettings };

/** Milliseconds that Redis may take for a page of keys: there is no way on without it here. */
const redisTimeoutMs = 10_000;
const shown = 20;

/** One audit. @returns the exit code. @throws when a server cannot be reached */
export async function auditOnce(
  command: Extract<Command, { kind: 'audit' }>,
  settings: Settings,
): Promise<number> {
  // What fails is told on stderr, once; stdout is the report's.
  const logger = createLogger({ name: 'audit', LOG_LEVEL: 'silent', LOG_FORMAT: 'json' });
  return withRedis(settings, logger, async (redis) => {
    const found = await auditBy(settings, redis, command.horizonSeconds);
    const repaired = command.repair ? await repairAll(found, { settings, redis, logger }) : undefined;
    const limit = command.limit ?? (command.json ? kept : shown);
    write((command.json ? reportJson : reportText)(found, { limit, repaired }));
    return found.total === 0 ? 0 : 1;
  });
}

/** With a connection that is made for this and ended after it. @throws when Redis cannot be reached */
export async function withRedis<T>(
  { REDIS_URL }: Pick<Settings, 'REDIS_URL'>,
  logger: Logger,
  work: (redis: Redis) => Promise<T>,
): Promise<T> {
  const redis = createRedis(REDIS_URL, { logger, name: 'auditor', timeoutMs: redisTimeoutMs });
  try {
    await reach('Redis', redis.connect());
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

export const auditBy = (settings: Settings, redis: Redis, horizonSeconds: number): Promise<Audit> =>
  audit({
    order: settings.order,
    customer: settings.customer,
    rabbitmqUrl: settings.RABBITMQ_URL,
    redis,
    horizonSeconds,
    outboxRetentionHours: settings.OUTBOX_RETENTION_HOURS,
    inboxRetentionHours: settings.INBOX_RETENTION_HOURS,
  });

async function repairAll(
  { findings }: Audit,
  { settings, redis, logger }: { settings: Settings; redis: Redis; logger: Logger },
): Promise<Repaired> {
  const knex = createKnex(settings.order, { applicationName: 'audit-repair', poolMax: 1, logger });
  const breaker = redisBreaker({ logger, metrics: createMetrics({ service: 'audit' }) });
  const cache = new VersionedCache({ redis, breaker }, { key: customerKey, ttlSeconds: customerTtlSeconds });
  try {
    return await repair(findings, { knex, cache, who: userOfThisMachine() });
  } finally {
    await knex.destroy();
  }
}
