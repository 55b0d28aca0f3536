import type pg from 'pg';

export interface Backlog {
  /** Rows waiting, counted up to a limit so that the look stays cheap. */
  rows: number;
  /** Age of the oldest of them. */
  oldestSeconds: number;
  /** Events that wait for a person. */
  parked: number;
}

export async function backlog(pool: pg.Pool, limit = 100_000): Promise<Backlog> {
  const { rows } = await pool.query<{ waiting: number; oldest: number; parked: number }>({
    name: 'backlog',
    text: `
      SELECT (SELECT count(*)::int FROM (SELECT 1 FROM outbox LIMIT $1) AS waiting) AS waiting,
             coalesce((SELECT extract(epoch FROM clock_timestamp() - created_at)::float8
                       FROM outbox ORDER BY position LIMIT 1), 0) AS oldest,
             (SELECT count(*)::int FROM outbox_parked WHERE discarded_at IS NULL) AS parked`,
    values: [limit],
  });
  const { waiting, oldest, parked } = rows[0]!;
  return { rows: waiting, oldestSeconds: Math.max(0, oldest), parked };
}
