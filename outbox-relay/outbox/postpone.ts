import type pg from 'pg';

/** Milliseconds: doubles with each attempt from the first to the last, with full jitter above half of it. */
export function backoff(attempts: number, random: () => number = Math.random): number {
  const ceiling = Math.min(250 * 2 ** Math.min(attempts, 10), 30_000);
  return Math.round(ceiling / 2 + (random() * ceiling) / 2);
}

/** Writes down that the broker refused a row, so that its next attempt waits even when the relay is restarted. */
export async function postpone(
  pool: pg.Pool,
  row: { position: string; delayMs: number; reason: string },
): Promise<void> {
  await pool.query({
    name: 'postpone',
    text: `
      UPDATE outbox
      SET attempts = attempts + 1,
          next_attempt_at = clock_timestamp() + $2::float8 * interval '1 millisecond',
          last_error = $3
      WHERE position = $1`,
    values: [row.position, row.delayMs, row.reason],
  });
}
