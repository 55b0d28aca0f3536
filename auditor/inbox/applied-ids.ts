import type { Snapshot } from '../reading/snapshot.ts';

export interface AppliedId {
  event_id: string;
  /** Milliseconds since 1970. */
  applied: number;
}

/** The ids of the events that were applied, in their order, along the primary key. */
export const appliedIds = (snapshot: Snapshot): AsyncGenerator<AppliedId> =>
  snapshot.rows<AppliedId>(
    'SELECT event_id, extract(epoch FROM applied_at)::float8 * 1000 AS applied FROM inbox ORDER BY event_id',
  );

/** Those of the ids that are in the inbox now, and not when the snapshot was taken. */
export async function appliedMeanwhile(
  query: (text: string, values: unknown[]) => Promise<{ rows: { event_id: string }[] }>,
  ids: readonly string[],
): Promise<Set<string>> {
  const { rows } = await query('SELECT event_id FROM inbox WHERE event_id = ANY($1::uuid[])', [ids]);
  return new Set(rows.map(({ event_id }) => event_id));
}

/** What an id says of itself. The worker derives version 5 for messages of the replaced system, which have no id. */
export function originOf({ event_id, applied }: AppliedId): { derived: boolean; notBefore: number } {
  const version = event_id[14];
  return {
    derived: version === '5',
    // Version 7 begins with the time at which it was made.
    notBefore: version === '7' ? Number.parseInt(event_id.slice(0, 8) + event_id.slice(9, 13), 16) : applied,
  };
}
