import type { Finding, Findings } from '../findings.ts';
import type { KnownEvent } from '../history/events-in-order.ts';
import type { Counted, CountsChecked } from './counts.ts';
import type { EventsChecked } from './events.ts';

/**
 * Names the events that were published and are neither applied nor waiting for a person. Some may be on their way: as
 * many as the queues hold, and those that were applied, or discarded, while we were
 * reading.
 *
 * @returns how many of them the queues account for
 */
export async function nameMissing(options: {
  events: EventsChecked;
  counts: CountsChecked;
  inQueues: number;
  settledMeanwhile: (events: readonly KnownEvent[]) => Promise<Set<string>>;
  findings: Findings;
}): Promise<number> {
  const { events, counts, findings } = options;
  const { no, yes } = counts.missingTotals;
  // Those whose customer cannot be read among them.
  const some = events.missingTotal - no - yes;
  if (events.missingTotal === 0) return 0;
  const arrived = await options.settledMeanwhile(events.missing);
  const uncounted = no + some - arrived.size;
  const onTheirWay = uncounted <= options.inQueues;
  const named: Record<Counted, number> = { no: 0, yes: 0, some: 0 };
  for (const event of events.missing) {
    if (arrived.has(event.event_id)) continue;
    const counted = counts.missing.get(event.customer_id ?? '') ?? 'some';
    named[counted]++;
    if (counted === 'yes' || !onTheirWay) findings.add(findingOf(event, counted));
  }
  const rest = events.missingTotal - events.missing.length;
  if (rest > 0) {
    const counted = Math.min(rest, yes - named.yes);
    findings.more('applied-without-inbox-id', counted);
    if (!onTheirWay) findings.more('event-not-applied', rest - counted);
  }
  return onTheirWay ? Math.max(0, uncounted) : 0;
}

function findingOf(event: KnownEvent, counted: Counted): Finding {
  const of = {
    event: event.event_id,
    ...(event.order_id === null ? {} : { order: event.order_id }),
    ...(event.customer_id === null ? {} : { customer: event.customer_id }),
  };
  const published = `published at ${new Date(event.last_published ?? event.moved).toISOString()}`;
  if (counted === 'yes')
    return {
      kind: 'applied-without-inbox-id',
      of,
      what: `The event, ${published}, is counted, but its id is not in the inbox.`,
      advice:
        'Do not replay it: it would be counted twice. Find out who deletes from the inbox, and put the id back: INSERT INTO inbox (event_id) VALUES (…) in the database of the customers.',
    };
  const what = `The event, ${published}, was never applied: it is in no queue, no dead letter and not in the inbox.`;
  if (counted === 'no')
    return {
      kind: 'event-not-applied',
      of,
      what,
      advice: `--repair replays it, and so does npm run outbox -- replay --id ${event.event_id}.`,
      repair: { do: 'replay', eventId: event.event_id, publishedAtMs: event.last_published ?? event.moved },
    };
  return {
    kind: 'event-not-applied',
    of,
    what: `${what} But the customer's count is higher than what is applied.`,
    advice:
      'It may be counted, with its id gone from the inbox: not every event of this customer can be replayed without counting one twice. Look at them by hand.',
  };
}
