import type pg from 'pg';

/** Rows waiting, counted up to `limit` so that the look stays cheap, and the age of the oldest, in seconds. */
export async function backlog(
  pool: pg.Pool,
  limit = 100_000,
): Promise<{ rows: number; oldestSeconds: number }> {
  const { rows } = await pool.query<{ rows: number; oldest: number }>({
    name: 'backlog',
    text: `
      SELECT (SELECT count(*)::int FROM (SELECT 1 FROM outbox LIMIT $1) AS waiting) AS rows,
             coalesce((SELECT extract(epoch FROM clock_timestamp() - created_at)::float8
                       FROM outbox ORDER BY position LIMIT 1), 0) AS oldest`,
    values: [limit],
  });
  return { rows: rows[0]!.rows, oldestSeconds: Math.max(0, rows[0]!.oldest) };
}
