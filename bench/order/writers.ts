import { appendEvent } from '@event-sync/outbox/append-event.ts';
import { outboxChannel, Hint } from '@event-sync/outbox/hint.ts';
import type { PostgresAddress } from '@event-sync/stack/servers.ts';
import knexFactory from 'knex';
import { setTimeout as delay } from 'node:timers/promises';
import { bodyBytes, exchange, routingKey } from '../relay/events.ts';
import { installOutbox } from '../install.ts';
import { withClient } from '../databases.ts';

const writers = 8;
const eventsPerTransaction = 10;
/** What makes the body about as long as in the other benchmarks. */
const text = 'x'.repeat(bodyBytes - 160);

/** The outbox, and something that changes: `changes` numbers the changes of a key in the order of their commits. */
export async function installThings(address: PostgresAddress): Promise<void> {
  await installOutbox(address);
  await withClient(address, (client) =>
    client.query('CREATE TABLE thing (key integer PRIMARY KEY, changes integer NOT NULL DEFAULT 0)'),
  );
}

/**
 * Some writers at once, as services are: each transaction changes a thing, draws the numbers of the changes from its
 * row, and appends an event for each. So the order that the events must have is the order of the changes, and not what
 * the outbox takes for it.
 */
export async function writeEvents(options: {
  address: PostgresAddress;
  keys: number;
  messages: number;
  /** Whether one of them may begin another transaction, when so many events are written. */
  mayWrite: (written: number) => boolean;
  onWritten: (events: number) => void;
  signal: AbortSignal;
}): Promise<void> {
  const { address, keys, messages, mayWrite, onWritten, signal } = options;
  const knex = knexFactory({
    client: 'pg',
    connection: { ...address },
    pool: { min: 0, max: writers + 1 },
  });
  const hint = new Hint(() => knex.raw(`NOTIFY ${outboxChannel}`));
  let begun = 0;

  async function writer(): Promise<void> {
    while (begun < messages) {
      if (!mayWrite(begun)) {
        await delay(5, undefined, { signal });
        continue;
      }
      signal.throwIfAborted();
      const events = Math.min(eventsPerTransaction, messages - begun);
      begun += events;
      const key = Math.floor(Math.random() * keys);
      await knex.transaction(async (trx) => {
        const { rows } = await trx.raw<{ rows: [{ changes: number }] }>(
          'UPDATE thing SET changes = changes + :events WHERE key = :key RETURNING changes',
          { events, key },
        );
        for (let sequence = rows[0].changes - events; sequence < rows[0].changes; sequence++) {
          await appendEvent(trx, {
            type: 'benchmark_event',
            version: 1,
            exchange,
            routingKey,
            orderingKey: `key:${key}`,
            data: { key, sequence, text },
          });
        }
      });
      onWritten(events);
      hint.raise();
    }
  }

  try {
    await knex.raw('INSERT INTO thing (key) SELECT generate_series(0, :last::integer)', { last: keys - 1 });
    await Promise.all(Array.from({ length: writers }, writer));
  } finally {
    await knex.destroy();
  }
}
