import type pg from 'pg';

/**
 * The bodies of the first of these rows, by position: as many as fit into `bytes`, and one at the least.
 *
 * Two sums, because only the size that a body takes in the table is known without reading it. That of what was
 * compressed is smaller, by up to 255 times, so the second one is over the bodies themselves.
 */
export async function largeBodies(
  client: pg.ClientBase,
  positions: readonly string[],
  bytes: number,
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ position: string; body: string }>({
    name: 'large-bodies',
    text: `
      SELECT position, body
      FROM (SELECT position, body::text AS body, sum(octet_length(body::text)) OVER (ORDER BY position) AS bytes
            FROM (SELECT position, body, sum(pg_column_size(body)) OVER (ORDER BY position) AS stored
                  FROM outbox WHERE position = ANY($1::bigint[])) AS chosen
            WHERE stored <= $2 OR position = $3) AS large
      WHERE bytes <= $2 OR position = $3`,
    values: [`{${positions.join(',')}}`, bytes, positions[0]],
  });
  return new Map(rows.map(({ position, body }) => [position, body]));
}
