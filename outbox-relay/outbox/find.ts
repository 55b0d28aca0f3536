import type pg from 'pg';

/** An event for people: where it stands and why. */
export interface FoundEvent {
  event_id: string;
  state: 'waiting' | 'parked' | 'discarded' | 'published';
  position: string;
  ordering_key: string;
  type: string;
  version: number;
  exchange: string;
  routing_key: string;
  created_at: Date;
  /** When it was parked, discarded or published; null while it waits. */
  since: Date | null;
  attempts: number;
  reason: string | null;
  body?: string;
}

const common = 'event_id, position, ordering_key, type, version, exchange, routing_key, created_at';

/** Parked events, oldest first. @param after the position of the last one of the page before. */
export async function listParked(
  pool: pg.Pool,
  { limit, after = '0' }: { limit: number; after?: string | undefined },
): Promise<FoundEvent[]> {
  const { rows } = await pool.query<FoundEvent>(
    `SELECT ${common}, 'parked' AS state, parked_at AS since, attempts, reason
     FROM outbox_parked WHERE discarded_at IS NULL AND position > $1 ORDER BY position LIMIT $2`,
    [after, limit],
  );
  return rows;
}

/** Every place in which an event stands: one that was replayed can be published and waiting at once. */
export async function findEvent(pool: pg.Pool, eventId: string): Promise<FoundEvent[]> {
  const { rows } = await pool.query<FoundEvent>(
    `SELECT ${common}, 'waiting' AS state, NULL::timestamptz AS since, attempts, last_error AS reason, body::text AS body
     FROM outbox WHERE event_id = $1
     UNION ALL
     SELECT ${common}, CASE WHEN discarded_at IS NULL THEN 'parked' ELSE 'discarded' END,
            coalesce(discarded_at, parked_at), attempts, reason, body::text
     FROM outbox_parked WHERE event_id = $1
     UNION ALL
     SELECT ${common}, 'published', published_at, 0, NULL, body::text FROM outbox_published WHERE event_id = $1`,
    [eventId],
  );
  return rows;
}
