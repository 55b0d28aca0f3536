import { rabbitmqDefinitions, redisAcl, type Passwords } from './render.ts';

/** What each container finds under /run/secrets. Nobody gets what another logs in with, except who has to check it. */
export type SecretFiles = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Each is random, of its own, and known to one process and one server. */
export const passwordNames = [
  ...['order.postgres', 'order.migrator', 'order.order_service', 'order.outbox_relay', 'order.auditor'],
  ...[
    'customer.postgres',
    'customer.migrator',
    'customer.customer_web',
    'customer.customer_worker',
    'customer.auditor',
  ],
  ...['rabbitmq.outbox_relay', 'rabbitmq.customer_worker', 'rabbitmq.auditor', 'rabbitmq.operator'],
  ...[
    'redis.order_service',
    'redis.customer_web',
    'redis.customer_worker',
    'redis.auditor',
    'redis.operator',
  ],
  // By which the nodes of a cluster know each other.
  'cluster.erlang_cookie',
  ...['tokens.shop', 'tokens.order_service'],
] as const;

type PasswordName = (typeof passwordNames)[number];

export function secretFiles(
  passwords: Readonly<Record<PasswordName, string>>,
  templates: { definitions: string; acl: string },
): SecretFiles {
  /** Passwords of one server, by user. */
  const of = (server: string): Passwords =>
    Object.fromEntries(
      passwordNames
        .filter((name) => name.startsWith(`${server}.`))
        .map((name) => [name.slice(server.length + 1), passwords[name]]),
    );
  const rabbitmq = (user: 'outbox_relay' | 'customer_worker' | 'auditor') =>
    `amqp://${user}:${passwords[`rabbitmq.${user}`]}@rabbitmq:5672`;
  const redis = (user: 'order_service' | 'customer_web' | 'customer_worker' | 'auditor') =>
    `redis://${user}:${passwords[`redis.${user}`]}@redis:6379/0`;
  const shop = `shop=${passwords['tokens.shop']}`;
  return {
    order_service: {
      api_tokens: shop,
      customer_service_token: passwords['tokens.order_service'],
      database_password: passwords['order.order_service'],
      redis_url: redis('order_service'),
    },
    customer_web: {
      api_tokens: `${shop}\norder_service=${passwords['tokens.order_service']}`,
      database_password: passwords['customer.customer_web'],
      redis_url: redis('customer_web'),
    },
    customer_workers: {
      database_password: passwords['customer.customer_worker'],
      rabbitmq_url: rabbitmq('customer_worker'),
      redis_url: redis('customer_worker'),
    },
    outbox_relay: {
      database_password: passwords['order.outbox_relay'],
      rabbitmq_url: rabbitmq('outbox_relay'),
    },
    auditor: {
      order_database_password: passwords['order.auditor'],
      customer_database_password: passwords['customer.auditor'],
      rabbitmq_url: rabbitmq('auditor'),
      redis_url: redis('auditor'),
    },
    migrations: {
      order_database_password: passwords['order.migrator'],
      customer_database_password: passwords['customer.migrator'],
    },
    postgres_order: of('order'),
    postgres_customer: of('customer'),
    rabbitmq: {
      'definitions.json': rabbitmqDefinitions(templates.definitions, of('rabbitmq')),
      operator: passwords['rabbitmq.operator'],
      erlang_cookie: passwords['cluster.erlang_cookie'],
    },
    redis: { 'users.acl': redisAcl(templates.acl, of('redis')), operator: passwords['redis.operator'] },
  };
}
