import type pg from 'pg';

/**
 * Who publishes which hash partition, as leases in Postgres. Every comparison is made on the database's clock; a relay
 * trusts its own clock only to tell how much time has passed.
 *
 * Leases and not advisory locks: a lock belongs to a session, so a relay that is paused (SIGSTOP, a stalled machine)
 * keeps its locks for as long as its socket lives and its partitions stand still. See docs/decisions/0004.
 */
export interface Leases {
  heartbeat(relayId: string, ttlMs: number): Promise<number>;
  renew(relayId: string, ttlMs: number): Promise<number[]>;
  take(relayId: string, ttlMs: number, limit: number): Promise<number[]>;
  release(relayId: string, partitions: readonly number[]): Promise<void>;
  leave(relayId: string): Promise<void>;
}

export const postgresLeases = (pool: pg.Pool): Leases => ({
  heartbeat: (...rest) => heartbeat(pool, ...rest),
  renew: (...rest) => renew(pool, ...rest),
  take: (...rest) => take(pool, ...rest),
  release: (...rest) => release(pool, ...rest),
  leave: (relayId) => leave(pool, relayId),
});

/**
 * Says that this relay lives, and forgets the dead, and whoever claims to live longer than anybody can: the clock was set
 * back, and if it lives it says so again.
 *
 * @returns how many live now, this one included.
 */
async function heartbeat(pool: pg.Pool, relayId: string, ttlMs: number): Promise<number> {
  await pool.query({
    name: 'heartbeat',
    text: `
      INSERT INTO outbox_relay (relay_id, alive_until)
      VALUES ($1, clock_timestamp() + $2::float8 * interval '1 millisecond')
      ON CONFLICT (relay_id) DO UPDATE SET alive_until = EXCLUDED.alive_until`,
    values: [relayId, ttlMs],
  });
  await pool.query({
    name: 'forget-dead',
    text: `
      DELETE FROM outbox_relay
      WHERE alive_until < clock_timestamp() - interval '1 minute'
         OR alive_until > clock_timestamp() + 2 * $1::float8 * interval '1 millisecond'`,
    values: [ttlMs],
  });
  const { rows } = await pool.query<{ alive: number }>({
    name: 'count-alive',
    text: 'SELECT count(*)::int AS alive FROM outbox_relay WHERE alive_until > clock_timestamp()',
  });
  return Math.max(1, rows[0]!.alive);
}

/** Prolongs the leases that are still this relay's. @returns their partitions. */
async function renew(pool: pg.Pool, relayId: string, ttlMs: number): Promise<number[]> {
  const { rows } = await pool.query<{ partition: number }>({
    name: 'renew',
    text: `
      UPDATE outbox_partition SET owned_until = clock_timestamp() + $2::float8 * interval '1 millisecond'
      WHERE owner = $1
      RETURNING partition`,
    values: [relayId, ttlMs],
  });
  return rows.map(({ partition }) => partition);
}

/**
 * Takes up to `limit` partitions that nobody owns or whose lease ran out.
 *
 * When the clock was set back (a failover to a server whose clock is behind), a lease can end later than any that is
 * written now. It is not over at once, since its owner may live and publish: it gets a term from now. A living owner
 * renews it within that, and what a dead one held to be valid is over by then.
 *
 * @returns the partitions taken.
 */
async function take(pool: pg.Pool, relayId: string, ttlMs: number, limit: number): Promise<number[]> {
  await pool.query({
    name: 'cut',
    text: `
      UPDATE outbox_partition SET owned_until = clock_timestamp() + $1::float8 * interval '1 millisecond'
      WHERE owned_until > clock_timestamp() + 2 * $1::float8 * interval '1 millisecond'`,
    values: [ttlMs],
  });
  const { rows } = await pool.query<{ partition: number }>({
    name: 'take',
    text: `
      UPDATE outbox_partition SET owner = $1, owned_until = clock_timestamp() + $2::float8 * interval '1 millisecond'
      WHERE partition IN (
        SELECT partition FROM outbox_partition
        WHERE owner IS NULL OR (owned_until < clock_timestamp() AND owner <> $1)
        ORDER BY partition LIMIT $3 FOR UPDATE SKIP LOCKED)
      RETURNING partition`,
    values: [relayId, ttlMs, limit],
  });
  return rows.map(({ partition }) => partition);
}

/** Gives partitions back, so that another relay can take them at once. */
async function release(pool: pg.Pool, relayId: string, partitions: readonly number[]): Promise<void> {
  await pool.query({
    name: 'release',
    text: `
      UPDATE outbox_partition SET owner = NULL, owned_until = '-infinity'
      WHERE owner = $1 AND partition = ANY($2::smallint[])`,
    values: [relayId, partitions],
  });
}

/** Says that this relay is gone. */
async function leave(pool: pg.Pool, relayId: string): Promise<void> {
  await pool.query('DELETE FROM outbox_relay WHERE relay_id = $1', [relayId]);
}
