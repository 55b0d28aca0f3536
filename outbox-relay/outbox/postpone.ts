import type pg from 'pg';

export interface Postponed {
  readonly position: string;
  /** Milliseconds until its next attempt. */
  readonly delayMs: number;
  readonly reason: string;
}

/** Milliseconds: doubles with each attempt from the first to the last, with full jitter above half of it. */
export function backoff(attempts: number, random: () => number = Math.random): number {
  const ceiling = Math.min(250 * 2 ** Math.min(attempts, 10), 30_000);
  return Math.round(ceiling / 2 + (random() * ceiling) / 2);
}

/** Writes down that the broker refused rows, so that their next attempts wait even when the relay is restarted. */
export async function postpone(pool: pg.Pool, rows: readonly Postponed[]): Promise<void> {
  await pool.query({
    name: 'postpone',
    text: `
      UPDATE outbox
      SET attempts = attempts + 1,
          next_attempt_at = clock_timestamp() + refused.delay_ms * interval '1 millisecond',
          last_error = refused.reason
      FROM unnest($1::bigint[], $2::float8[], $3::text[]) AS refused (position, delay_ms, reason)
      WHERE outbox.position = refused.position`,
    values: [
      rows.map(({ position }) => position),
      rows.map(({ delayMs }) => delayMs),
      rows.map(({ reason }) => reason),
    ],
  });
}
