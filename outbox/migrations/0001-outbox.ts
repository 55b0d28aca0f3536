import type { Knex } from 'knex';

/** Hash partitions of the ordering key: the units of work that relays divide among themselves. A power of two. */
export const partitionCount = 64;

/**
 * The outbox of one service.
 *
 * - A row is an event that is not yet confirmed by the broker; settling moves it to `outbox_published`. So the table
 *   stays as small as the backlog, and a poll never wades through what is done.
 * - `body` is `json`, not `jsonb`: checked on insert, kept to the letter, and published as it stands.
 * - `partition` is computed by Postgres, so that every writer and every relay agree on it.
 */
export async function createOutbox(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE outbox (
      position        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      event_id        uuid NOT NULL,
      partition       smallint NOT NULL GENERATED ALWAYS AS ((hashtext(ordering_key) & ${partitionCount - 1})::smallint) STORED,
      ordering_key    text NOT NULL,
      type            text NOT NULL,
      version         integer NOT NULL,
      exchange        text NOT NULL,
      routing_key     text NOT NULL,
      body            json NOT NULL,
      traceparent     text,
      created_at      timestamptz NOT NULL DEFAULT now(),
      attempts        integer NOT NULL DEFAULT 0,
      next_attempt_at timestamptz,
      last_error      text
    )`);
  await knex.raw(`
    COMMENT ON TABLE outbox IS 'Events that were written with their change and are not yet confirmed by the broker'`);
  await knex.raw(`
    CREATE TABLE outbox_published (
      position     bigint PRIMARY KEY,
      event_id     uuid NOT NULL,
      ordering_key text NOT NULL,
      type         text NOT NULL,
      version      integer NOT NULL,
      exchange     text NOT NULL,
      routing_key  text NOT NULL,
      body         json NOT NULL,
      traceparent  text,
      created_at   timestamptz NOT NULL,
      published_at timestamptz NOT NULL DEFAULT now()
    )`);
  await knex.raw('CREATE INDEX outbox_published_by_time ON outbox_published (published_at)');
  await knex.raw('CREATE INDEX outbox_published_by_event ON outbox_published (event_id)');
  await knex.raw(`
    COMMENT ON TABLE outbox_published IS 'What the broker confirmed, kept for the retention window'`);
  await knex.raw(`
    CREATE TABLE outbox_parked (
      position     bigint PRIMARY KEY,
      event_id     uuid NOT NULL,
      ordering_key text NOT NULL,
      type         text NOT NULL,
      version      integer NOT NULL,
      exchange     text NOT NULL,
      routing_key  text NOT NULL,
      body         json NOT NULL,
      traceparent  text,
      created_at   timestamptz NOT NULL,
      attempts     integer NOT NULL,
      reason       text NOT NULL,
      parked_at    timestamptz NOT NULL DEFAULT now(),
      discarded_at timestamptz
    )`);
  // Asked by every pass: which keys are held back. Discarded events hold nothing back.
  await knex.raw(
    'CREATE INDEX outbox_parked_by_key ON outbox_parked (ordering_key, position) WHERE discarded_at IS NULL',
  );
  await knex.raw('CREATE INDEX outbox_parked_by_event ON outbox_parked (event_id)');
  await knex.raw(`
    COMMENT ON TABLE outbox_parked IS 'Events that cannot be published, with the reason, until a person replays or discards them'`);
  await knex.raw(`
    CREATE TABLE outbox_audit (
      id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      at        timestamptz NOT NULL DEFAULT now(),
      who       text NOT NULL,
      action    text NOT NULL CHECK (action IN ('replay', 'discard')),
      why       text NOT NULL,
      selection json NOT NULL,
      event_ids uuid[] NOT NULL
    )`);
  await knex.raw(`COMMENT ON TABLE outbox_audit IS 'Who replayed or discarded which events, and why'`);
  await knex.raw(`
    CREATE TABLE outbox_relay (
      relay_id  uuid PRIMARY KEY,
      alive_until timestamptz NOT NULL
    )`);
  await knex.raw(`
    CREATE TABLE outbox_partition (
      partition  smallint PRIMARY KEY,
      owner      uuid,
      owned_until timestamptz NOT NULL DEFAULT '-infinity'
    )`);
  await knex.raw(`INSERT INTO outbox_partition (partition) SELECT generate_series(0, ${partitionCount - 1})`);
  await knex.raw(`
    COMMENT ON TABLE outbox_partition IS 'Which relay publishes which hash partition, as a lease on this clock'`);
}

export async function dropOutbox(knex: Knex): Promise<void> {
  await knex.raw(
    'DROP TABLE outbox_partition, outbox_relay, outbox_audit, outbox_parked, outbox_published, outbox',
  );
}
