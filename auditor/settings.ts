import {
  ConfigError,
  databaseSettings,
  parseConfig,
  rabbitmqSettings,
  redisSettings,
  type DatabaseSettings,
} from '@event-sync/platform/config.ts';
import { z } from 'zod';

const hours = (fallback: number) => z.coerce.number().positive().default(fallback);

/** What an audit needs besides the databases. The retentions are those that the relay and the worker run with. */
export const auditSettings = {
  ...rabbitmqSettings,
  ...redisSettings,
  OUTBOX_RETENTION_HOURS: hours(168),
  INBOX_RETENTION_HOURS: hours(24 * 90),
};
export type AuditSettings = z.infer<z.ZodObject<typeof auditSettings>>;

const prefixes = ['ORDER_', 'CUSTOMER_'] as const;

/** The two databases: `DATABASE_HOST` and the rest, with `ORDER_` and `CUSTOMER_` before them. @throws {ConfigError} */
export function databasesOf(environment: NodeJS.ProcessEnv): {
  order: DatabaseSettings;
  customer: DatabaseSettings;
} {
  const faults: string[] = [];
  const [order, customer] = prefixes.map((prefix) => {
    const own = Object.entries(environment)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]);
    try {
      return parseConfig(databaseSettings, Object.fromEntries(own) as NodeJS.ProcessEnv);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      faults.push(...error.faults.map((fault) => fault.replaceAll('DATABASE_', `${prefix}DATABASE_`)));
      return undefined;
    }
  });
  if (!order || !customer) throw new ConfigError(faults);
  return { order, customer };
}

/** The environment, and for what is not in it the servers of `npm start` and `docker compose`. */
export function orLocal(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const local = (prefix: string, port: string, database: string) => ({
    [`${prefix}DATABASE_HOST`]: 'localhost',
    [`${prefix}DATABASE_PORT`]: port,
    [`${prefix}DATABASE_USER`]: 'postgres',
    [`${prefix}DATABASE_PASSWORD`]: environment[`${prefix}DATABASE_PASSWORD_FILE`] ? '' : 'password',
    [`${prefix}DATABASE_NAME`]: database,
  });
  return {
    ...local('ORDER_', '5433', 'orders_development'),
    ...local('CUSTOMER_', '5434', 'customers_development'),
    RABBITMQ_URL: environment.RABBITMQ_URL_FILE ? '' : 'amqp://guest:guest@localhost:5672',
    REDIS_URL: environment.REDIS_URL_FILE ? '' : 'redis://localhost:6379/0',
    ...environment,
  };
}
