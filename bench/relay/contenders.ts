import { services } from '@event-sync/stack/services-environment.ts';
import type { PostgresAddress } from '@event-sync/stack/servers.ts';
import { installOutbox } from '../install.ts';
import { installGraphileWorker, installPgBoss, installPgTransactionalOutbox } from './install.ts';
import { eventsSql, exchange, routingKey } from './events.ts';

export type ContenderName =
  'limit' | 'ours' | 'graphile-worker' | 'pg-boss' | 'textbook' | 'pg-transactional-outbox';

export interface Contender {
  readonly name: ContenderName;
  /** For the table and the chart. */
  readonly title: string;
  readonly script: string;
  readonly nodeOptions?: readonly string[] | undefined;
  /**
   * Of the rows of the limit. All of them where that can be waited for: what a library does for each row may depend on
   * how many there are.
   */
  readonly share: number;
  /** The limit alone has none. */
  readonly database?: {
    readonly install: (address: PostgresAddress) => Promise<void>;
    /** Writes so many events, from the given number on. */
    readonly fill: (rows: number, from: number) => string;
    /** Whether something is not settled yet; asked when all messages are in the queue. */
    readonly pending: string;
  };
}

const program = (name: string) => `bench/relay/contenders/${name}.main.ts`;

export const fillOutbox = (rows: number, from: number) => `
  INSERT INTO outbox (event_id, ordering_key, type, version, exchange, routing_key, body)
  SELECT id, 'key:' || key, 'benchmark_event', 1, '${exchange}', '${routingKey}', body::json
  FROM (${eventsSql(rows, from)}) AS events ORDER BY i`;
export const outboxPending = 'SELECT EXISTS (SELECT FROM outbox) AS pending';

const outbox = { install: installOutbox, fill: fillOutbox, pending: outboxPending };

export const ours: Contender & Required<Pick<Contender, 'database'>> = {
  name: 'ours',
  title: 'this relay',
  script: services.outboxRelay.script,
  nodeOptions: services.outboxRelay.nodeOptions,
  share: 1,
  database: outbox,
};

/** Alphabetically they are not: this is the order of the table. */
export const contenders: readonly Contender[] = [
  { name: 'limit', title: 'raw confirm channel (no database)', script: program('limit'), share: 1 },
  ours,
  {
    name: 'graphile-worker',
    title: 'graphile-worker',
    script: program('graphile-worker'),
    share: 1,
    database: {
      install: installGraphileWorker,
      fill: (rows, from) => `
        SELECT count(*) FROM graphile_worker.add_jobs((
          SELECT array_agg(('publish', body::json, NULL, NULL, NULL, NULL, NULL, NULL)::graphile_worker.job_spec ORDER BY i)
          FROM (${eventsSql(rows, from)}) AS events))`,
      pending: 'SELECT EXISTS (SELECT FROM graphile_worker.jobs) AS pending',
    },
  },
  {
    name: 'pg-boss',
    title: 'pg-boss',
    script: program('pg-boss'),
    share: 1,
    database: {
      install: installPgBoss,
      fill: (rows, from) => `
        INSERT INTO pgboss.job (id, name, data)
        SELECT id, 'publish', body::jsonb FROM (${eventsSql(rows, from)}) AS events ORDER BY i`,
      pending: `SELECT EXISTS (SELECT FROM pgboss.job WHERE name = 'publish' AND state < 'completed') AS pending`,
    },
  },
  {
    name: 'textbook',
    title: 'textbook: rascal publish, batches of 100',
    script: program('textbook'),
    share: 0.12,
    database: outbox,
  },
  {
    name: 'pg-transactional-outbox',
    title: 'pg-transactional-outbox',
    script: program('pg-transactional-outbox'),
    share: 0.03,
    database: {
      install: installPgTransactionalOutbox,
      fill: (rows, from) => `
        INSERT INTO outbox (id, aggregate_type, aggregate_id, message_type, concurrency, payload)
        SELECT id, 'benchmark', key::text, 'benchmark_event', 'parallel', body::jsonb
        FROM (${eventsSql(rows, from)}) AS events ORDER BY i`,
      pending: 'SELECT EXISTS (SELECT FROM outbox WHERE processed_at IS NULL) AS pending',
    },
  },
];
