import { count, orExit, parseConfig, port, processSettings } from '@event-sync/platform/config.ts';
import { createHttpApp } from '@event-sync/platform/http-app.ts';
import { HttpServer } from '@event-sync/platform/http-server.ts';
import { runProcess } from '@event-sync/platform/lifecycle.ts';
import { createLogger } from '@event-sync/platform/logger.ts';
import { createMetrics } from '@event-sync/platform/metrics.ts';
import { cronExpression, scheduledTask } from '@event-sync/platform/scheduled-task.ts';
import { z } from 'zod';
import { auditMetrics } from './audit-metrics.ts';
import { auditBy, withRedis } from './once.ts';
import { auditSettings, databasesOf } from './settings.ts';

const name = 'auditor';
const shape = {
  ...processSettings,
  ...auditSettings,
  HOST: z.string().default('127.0.0.1'),
  PORT: port(3007),
  AUDIT_CRON: cronExpression('*/15 * * * *'),
  /** Longer than an event takes through retries, so that what is only on its way is not named. */
  AUDIT_HORIZON_SECONDS: count(300, { min: 1, max: 7 * 24 * 3_600 }),
};

/** Audits by the clock. It is nobody's dependency: what it finds is in its log and in /metrics. */
export async function watch(environment: NodeJS.ProcessEnv): Promise<void> {
  const settings = orExit(() => ({
    ...parseConfig(shape, environment),
    ...databasesOf(environment),
  }));
  const logger = createLogger({ name, ...settings });
  const metrics = createMetrics({ service: name });
  const record = auditMetrics(metrics);
  let lastFailure: string | undefined = 'no audit has come to its end yet';
  const task = scheduledTask({
    name: 'audit',
    schedule: settings.AUDIT_CRON,
    atStart: true,
    logger,
    run: async () => {
      try {
        const found = await withRedis(settings, logger, (redis) =>
          auditBy(settings, redis, settings.AUDIT_HORIZON_SECONDS),
        );
        lastFailure = undefined;
        record(found);
        const { drift, total, checked, unchecked, seconds } = found;
        logger[total > 0 ? 'warn' : 'info'](
          { drift, checked, unchecked, seconds },
          total > 0 ? 'drift: npm run audit names it, and says what to do' : 'no drift',
        );
      } catch (error) {
        lastFailure = (error as Error).message;
        throw error;
      }
    },
  });
  const app = createHttpApp({
    info: { title: 'Auditor', version: '0.1.0', description: 'Compares the stores. Health and metrics.' },
    routes: [],
    checks: [
      {
        name: 'audit',
        check: async () => {
          if (lastFailure !== undefined) throw new Error(lastFailure);
        },
      },
    ],
    metrics,
    logger,
  });
  await runProcess([new HttpServer(app, { host: settings.HOST, port: settings.PORT, logger }), task], {
    logger,
  });
}
