import { orderToldBy } from '@event-sync/contracts/events/order-created.ts';
import { ownMessageId } from '@event-sync/contracts/topology.ts';
import { parseExactJson } from '@event-sync/platform/exact-json.ts';
import type { GetMessage } from 'amqplib';
import type { Knex } from 'knex';
import { validate as isUuid } from 'uuid';
import { parseMessage } from './parse-message.ts';

/** Who throws a dead letter away, and why, as far as it is known. */
export interface DiscardedBy {
  readonly who?: string | undefined;
  readonly why?: string | undefined;
}

/** What a note is made of. */
interface Letter {
  readonly reason: string;
  readonly message: GetMessage;
}

/**
 * What was thrown away, written down where the counts are: the audit would else name it as lost, and its repair would
 * count it.
 */
export class DiscardedEvents {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** Before the message is taken: who dies in between leaves a dead letter that is noted, and can be discarded again. */
  async note(letter: Letter, { who, why }: DiscardedBy): Promise<void> {
    const event = eventOf(letter);
    if (!event) return;
    await this.#knex.raw(
      `INSERT INTO discarded_events (event_id, order_id, customer_id, reason, who, why)
       VALUES (:id, :order, :customer, :reason, :who, :why)
       ON CONFLICT (event_id) DO UPDATE SET order_id = excluded.order_id, customer_id = excluded.customer_id,
         reason = excluded.reason, who = excluded.who, why = excluded.why, discarded_at = excluded.discarded_at`,
      { ...event, reason: storable(letter.reason), who: storable(who), why: storable(why) },
    );
  }

  /** Before the message is put back into its queue: from then on it is to be counted again. */
  async takeBack(letter: Letter): Promise<void> {
    const event = eventOf(letter);
    if (event) await this.#knex.raw('DELETE FROM discarded_events WHERE event_id = :id', { id: event.id });
  }
}

/** Postgres stores no NUL. */
const storable = (text: string | undefined): string | null => text?.replaceAll('\0', '') ?? null;

/** The event under the id that the inbox would have it by; undefined for a message that is none. */
function eventOf({
  message,
}: Letter): { id: string; order: string | null; customer: string | null } | undefined {
  const parsed = parseMessage(message);
  const json = parseExactJson(message.content);
  const body = (json.ok && typeof json.value === 'object' ? json.value : null) as Record<
    string,
    unknown
  > | null;
  const told = orderToldBy(body);
  const id =
    parsed.kind === 'event'
      ? parsed.id
      : typeof body?.id === 'string'
        ? body.id
        : ownMessageId(message.properties);
  if (typeof id !== 'string' || !isUuid(id)) return undefined;
  return { id: id.toLowerCase(), order: told?.order_id ?? null, customer: told?.customer_id ?? null };
}
