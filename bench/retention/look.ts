import type pg from 'pg';
import type { Sample } from './series.ts';

export type Tables = Pick<Sample, 'outbox_bytes' | 'outbox_dead_rows' | 'published_bytes'>;

/**
 * Sizes with indexes and TOAST. A partitioned table has none of its own, so its partitions are added up; for a table
 * without partitions the tree is empty. The dead rows are the statistics' own estimate, some hundred milliseconds old.
 */
export async function look(client: pg.Client): Promise<Tables> {
  const { rows } = await client.query<Record<keyof Tables, string>>(`
    SELECT pg_total_relation_size('outbox') AS outbox_bytes,
           (SELECT n_dead_tup FROM pg_stat_user_tables WHERE relid = 'outbox'::regclass) AS outbox_dead_rows,
           pg_total_relation_size('outbox_published')
             + coalesce((SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('outbox_published')
                         WHERE level > 0), 0) AS published_bytes`);
  const [row] = rows;
  return {
    outbox_bytes: Number(row!.outbox_bytes),
    outbox_dead_rows: Number(row!.outbox_dead_rows),
    published_bytes: Number(row!.published_bytes),
  };
}
