/** Days, today not counted, for which there is a table before the first event is published on them. */
export const daysAhead = 3;

/** `outbox_published_20261124`: a day of UTC. */
export const dayTable = '^outbox_published_[0-9]{8}$';

/** A statement that makes the table of the day so many days from today, by the database's clock, if there is none. */
export function createDayOfPublished(ahead: number): string {
  return `
    DO $$
    DECLARE day timestamp := date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC') + interval '${Math.trunc(ahead)} days';
    BEGIN
      EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF outbox_published FOR VALUES FROM (%L) TO (%L)',
                     'outbox_published_' || to_char(day, 'YYYYMMDD'),
                     day AT TIME ZONE 'UTC', (day + interval '1 day') AT TIME ZONE 'UTC');
    END $$`;
}
