/** An event as it waits in the outbox. The relay knows no more of it than where it goes and what it must come after. */
export interface OutboxRow {
  /** Order of writing; within one ordering key the order of the commits. A bigint, as text. */
  position: string;
  event_id: string;
  partition: number;
  ordering_key: string;
  type: string;
  exchange: string;
  routing_key: string;
  /** The message's body, to the letter. */
  body: string;
  traceparent: string | null;
  /** When it was written: milliseconds since 1970. Not a Date: parsing one cost 1 µs a row. */
  created_at: number;
  /** How often the broker has refused it. */
  attempts: number;
  /** Milliseconds until it may be tried again; 0 or less, or null: now. */
  wait_ms: number | null;
}
