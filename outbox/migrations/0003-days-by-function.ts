import type { Knex } from 'knex';
import { daysAhead } from '../published-days.ts';

/**
 * Only the owner of a table can make and drop its partitions, and a relay should not own its tables. So two functions
 * that run as their owner: one makes the table of a day to come, one drops that of a day that is over. Nobody may call
 * them but their owner until that is granted.
 *
 * Every name in them carries its schema, and the search path is set: what runs as the owner must not find a table or an
 * operator that a caller has put in its way.
 * https://www.postgresql.org/docs/17/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY
 */
export async function daysByFunction(knex: Knex): Promise<void> {
  const { rows } = await knex.raw<{ rows: { schema: string }[] }>(
    'SELECT quote_ident(current_schema()) AS schema',
  );
  const { schema } = rows[0]!;
  await knex.raw(`
    CREATE FUNCTION outbox_create_published_day(ahead integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
    DECLARE day timestamp := date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC') + ahead * interval '1 day';
    BEGIN
      IF ahead IS NULL OR ahead NOT BETWEEN 0 AND ${daysAhead} THEN
        RAISE EXCEPTION 'a table is made for today and ${daysAhead} days ahead, not for %', ahead
          USING ERRCODE = 'invalid_parameter_value';
      END IF;
      EXECUTE format(
        'CREATE TABLE IF NOT EXISTS ${schema}.%I PARTITION OF ${schema}.outbox_published FOR VALUES FROM (%L) TO (%L)',
        'outbox_published_' || to_char(day, 'YYYYMMDD'),
        day AT TIME ZONE 'UTC', (day + interval '1 day') AT TIME ZONE 'UTC');
    END $function$`);
  await knex.raw(`
    CREATE FUNCTION outbox_drop_published_day(day date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
    BEGIN
      IF day IS NULL OR (day + 1)::timestamp AT TIME ZONE 'UTC' > clock_timestamp() THEN
        RAISE EXCEPTION 'only the table of a day that is over is dropped, not of %', day
          USING ERRCODE = 'invalid_parameter_value';
      END IF;
      EXECUTE format('DROP TABLE ${schema}.%I', 'outbox_published_' || to_char(day, 'YYYYMMDD'));
    END $function$`);
  await knex.raw(`
    REVOKE ALL ON FUNCTION outbox_create_published_day(integer), outbox_drop_published_day(date) FROM PUBLIC`);
}

export async function daysByOwner(knex: Knex): Promise<void> {
  await knex.raw('DROP FUNCTION outbox_create_published_day(integer), outbox_drop_published_day(date)');
}
