import {
  databasesWithPrefix,
  hours,
  rabbitmqSettings,
  redisSettings,
  withDefaults,
  type DatabaseSettings,
} from '@event-sync/platform/config.ts';
import type { z } from 'zod';

/** What an audit needs besides the databases. The retentions are those that the relay and the worker run with. */
export const auditSettings = {
  ...rabbitmqSettings,
  ...redisSettings,
  OUTBOX_RETENTION_HOURS: hours(168),
  INBOX_RETENTION_HOURS: hours(24 * 90),
};
export type AuditSettings = z.infer<z.ZodObject<typeof auditSettings>>;

/** The two databases: `DATABASE_HOST` and the rest, with `ORDER_` and `CUSTOMER_` before them. @throws {ConfigError} */
export function databasesOf(environment: NodeJS.ProcessEnv): {
  order: DatabaseSettings;
  customer: DatabaseSettings;
} {
  const { ORDER_, CUSTOMER_ } = databasesWithPrefix(['ORDER_', 'CUSTOMER_'], environment);
  return { order: ORDER_, customer: CUSTOMER_ };
}

/** The environment, and for what is not in it the servers of `npm start`. */
export function orLocal(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const local = (prefix: string, port: string, database: string) => ({
    [`${prefix}DATABASE_HOST`]: 'localhost',
    [`${prefix}DATABASE_PORT`]: port,
    [`${prefix}DATABASE_USER`]: 'postgres',
    [`${prefix}DATABASE_PASSWORD`]: 'password',
    [`${prefix}DATABASE_NAME`]: database,
  });
  return withDefaults(
    {
      ...local('ORDER_', '5433', 'orders_development'),
      ...local('CUSTOMER_', '5434', 'customers_development'),
      RABBITMQ_URL: 'amqp://guest:guest@localhost:5672',
      REDIS_URL: 'redis://localhost:6379/0',
    },
    environment,
  );
}
