import type { Knex } from 'knex';

/** The inbox of one consumer: the ids of the events that were applied, written in the transaction that applied them. */
export async function createInbox(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE inbox (
      event_id   uuid PRIMARY KEY,
      applied_at timestamptz NOT NULL DEFAULT now()
    )`);
  await knex.raw('CREATE INDEX inbox_by_time ON inbox (applied_at)');
  await knex.raw(`COMMENT ON TABLE inbox IS 'Ids of applied events: a second delivery finds its id here'`);
}

export async function dropInbox(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE inbox');
}
