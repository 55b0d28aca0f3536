import type { Knex } from 'knex';

/**
 * Kept for ever, and not pruned: the order stays for ever, and its customer's count lacks it for ever. There are as many
 * rows as people have given dead letters up.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE discarded_events (
      event_id     uuid PRIMARY KEY,
      order_id     bigint,
      customer_id  bigint,
      reason       text NOT NULL,
      who          text,
      why          text,
      discarded_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )`);
  await knex.raw(`
    COMMENT ON TABLE discarded_events IS 'Events whose dead letter a person has thrown away: not counted, and not to be counted, unless they are replayed'`);
  await knex.raw(`
    COMMENT ON COLUMN discarded_events.reason IS 'Why it was a dead letter; why it was thrown away is in why'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE discarded_events');
}
