import { prune } from '@event-sync/outbox-relay/outbox/prune.ts';
import type { PostgresAddress } from '@event-sync/stack/servers.ts';
import pg from 'pg';
import { withClient } from '../databases.ts';
import { rounded } from '../statistics.ts';
import { look } from './look.ts';
import type { Pruned } from './result.ts';

/** What the relay's housekeeping does by the clock, by its own code, as if the retention of every row were over. */
export async function pruneAll(address: PostgresAddress): Promise<Pruned> {
  return withClient(address, async (client) => {
    const count = async () => {
      const { rows } = await client.query<{ count: number }>(
        'SELECT count(*)::int AS count FROM outbox_published',
      );
      return rows[0]!.count;
    };
    const before = { rows: await count(), ...(await look(client)) };
    const pool = new pg.Pool({ ...address, max: 1 });
    pool.on('error', () => {});
    try {
      const beganAt = performance.now();
      // As of the day after tomorrow: the table of a day goes when the whole day is over.
      await prune(pool, { retentionHours: -48 });
      const seconds = rounded((performance.now() - beganAt) / 1_000, 3);
      return {
        rows: before.rows - (await count()),
        seconds,
        bytes_before: before.published_bytes,
        bytes_after: (await look(client)).published_bytes,
      };
    } finally {
      await pool.end();
    }
  });
}
