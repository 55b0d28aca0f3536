import type { Knex } from 'knex';
import { createDayOfPublished, daysAhead } from '../published-days.ts';

/**
 * Makes `outbox_published` a table of days, so that what is over is dropped with its day: nothing is deleted row by
 * row, and nothing has to be vacuumed. What stands in it already becomes the rest, which is deleted row by row.
 *
 * One block range index in place of three btrees: rows come in the order of time, and event ids (UUID v7) nearly so.
 * Settling a row costs Postgres 3.2 µs with it, 5.4 with the btrees, 4.0 with a btree on the event id alone, and 3.0
 * without any index (CPU, 100,000 rows of 500 bytes by the thousand, medians of 3; PostgreSQL 17; by a script that
 * is not in the repository, see docs/decisions/0005).
 */
export async function publishByDay(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE outbox_published RENAME TO outbox_published_rest');
  await knex.raw('ALTER TABLE outbox_published_rest DROP CONSTRAINT outbox_published_pkey');
  await knex.raw('DROP INDEX outbox_published_by_time, outbox_published_by_event');
  await knex.raw(`
    CREATE TABLE outbox_published (LIKE outbox_published_rest INCLUDING DEFAULTS)
    PARTITION BY RANGE (published_at)`);
  await knex.raw('ALTER TABLE outbox_published ATTACH PARTITION outbox_published_rest DEFAULT');
  await knex.raw(`
    CREATE INDEX outbox_published_by_time_and_event ON outbox_published USING brin (published_at, event_id)
    WITH (autosummarize = on)`);
  await knex.raw(`
    COMMENT ON TABLE outbox_published IS 'What the broker confirmed, by day, kept for the retention window'`);
  await knex.raw(`
    COMMENT ON TABLE outbox_published_rest IS 'Published events of days that had no table when they were published'`);
  const { rows } = await knex.raw<{ rows: { today: boolean }[] }>(
    'SELECT EXISTS (SELECT FROM outbox_published_rest) AS today',
  );
  for (let ahead = rows[0]!.today ? 1 : 0; ahead <= daysAhead; ahead++)
    await knex.raw(createDayOfPublished(ahead));
  // Dead rows lie before the waiting ones in the order in which they are read: they have to go soon, and quickly.
  await knex.raw(`
    ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
                            autovacuum_vacuum_cost_delay = 0)`);
}

export async function publishInOneTable(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE outbox RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold,
                              autovacuum_vacuum_cost_delay)`);
  await knex.raw('CREATE TABLE published_in_one (LIKE outbox_published INCLUDING DEFAULTS)');
  await knex.raw('INSERT INTO published_in_one SELECT * FROM outbox_published ORDER BY published_at');
  await knex.raw('DROP TABLE outbox_published');
  await knex.raw('ALTER TABLE published_in_one RENAME TO outbox_published');
  await knex.raw('ALTER TABLE outbox_published ADD CONSTRAINT outbox_published_pkey PRIMARY KEY (position)');
  await knex.raw('CREATE INDEX outbox_published_by_time ON outbox_published (published_at)');
  await knex.raw('CREATE INDEX outbox_published_by_event ON outbox_published (event_id)');
  await knex.raw(`
    COMMENT ON TABLE outbox_published IS 'What the broker confirmed, kept for the retention window'`);
}
