import type { Arrival } from './inversions.ts';

/** Bytes of each message. */
export const bodyBytes = 400;
/** Ordering keys that the events of a run are spread over. */
export const keys = 1_000;
export const routingKey = 'benchmark.event';
export const exchange = 'events';

/**
 * Some events of a run, from the given number on, as SQL: `id` (like a UUID v7: growing, so that an index takes it as it would in service), `key`,
 * and `body`, which says of itself where it belongs. Compact JSON, so that it keeps its length when a library parses it
 * and writes it again.
 */
export function eventsSql(rows: number, from: number): string {
  return `
    SELECT i, id, key, rpad(head, ${bodyBytes - 3}, 'x') || '"}}' AS body
    FROM (
      SELECT i, id, key, '{"id":"' || id || '","event":"benchmark_event","version":1,'
        || '"timestamp":"2026-01-01T00:00:00.000Z","data":{"key":' || key || ',"sequence":' || i / ${keys} || ',"text":"' AS head
      FROM (
        SELECT i, i % ${keys} AS key,
          (lpad(to_hex(1760000000000 + i), 12, '0') || '7' || substr(md5(i::text), 1, 3) || '8'
            || substr(md5(i::text), 4, 15))::uuid AS id
        FROM generate_series(${Math.trunc(from)}, ${Math.trunc(from + rows) - 1}) AS i) AS numbered) AS headed`;
}

export function arrivalOf(content: Buffer): Arrival {
  const { data } = JSON.parse(content.toString()) as { data: Arrival };
  return { key: data.key, sequence: data.sequence };
}
