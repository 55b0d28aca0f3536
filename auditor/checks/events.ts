import { kept, type Finding, type Findings } from '../findings.ts';
import { eventsInOrder, type KnownEvent } from '../history/events-in-order.ts';
import { places } from '../history/history.ts';
import { appliedIds, isGivenUp, originOf, type AppliedId, type DiscardedId } from '../inbox/applied-ids.ts';
import type { DeadLetter } from '../queues/queues.ts';
import { byText, merge } from '../reading/merge.ts';
import type { Snapshot } from '../reading/snapshot.ts';
import { Tally, type Absent } from '../reading/tally.ts';
import type { Times } from './times.ts';

export interface EventsChecked {
  events: number;
  appliedIds: number;
  /** Published or written within the horizon, and not applied yet. */
  young: number;
  /** Discarded by a person, parked or as a dead letter: never to be counted. */
  givenUp: number;
  /** Dead letters that were discarded and are of no event that is kept, by customer. */
  discardedOutside: Tally;
  /** Applied ids whose event is older than the history, and events that are older than the inbox. */
  outside: number;
  /** Ids of messages of the replaced system. */
  derived: number;
  /** Grows with what is under way or lost, not with what is in order. */
  absent: Tally;
  /** The first of those that should be in the inbox, and how many there are. */
  missing: KnownEvent[];
  missingTotal: number;
  /** Applied ids that the history should know. */
  unknown: AppliedId[];
  unknownTotal: number;
  /** Dead letters whose event is applied as well. */
  overlapping: Set<string>;
  /** Dead letters whose event is in the history. */
  known: Set<string>;
}

/** Lays the events beside the inbox: each must be applied, or wait for a person, and not both. */
export async function checkEvents(options: {
  orders: Snapshot;
  customers: Snapshot;
  deadLetters: readonly DeadLetter[];
  times: Times;
  findings: Findings;
}): Promise<EventsChecked> {
  const { findings, times } = options;
  const dead = new Set(options.deadLetters.flatMap(({ id }) => id ?? []));
  const result: EventsChecked = {
    ...{
      events: 0,
      appliedIds: 0,
      young: 0,
      givenUp: 0,
      outside: 0,
      derived: 0,
      unknownTotal: 0,
      missingTotal: 0,
    },
    ...{
      absent: new Tally(),
      discardedOutside: new Tally(),
      missing: [],
      unknown: [],
      overlapping: new Set(),
      known: new Set(),
    },
  };
  const pairs = merge(eventsInOrder(options.orders), appliedIds(options.customers), (event, id) =>
    byText(event.event_id, id.event_id),
  );
  for await (const [event, line] of pairs) {
    const id = line && line.applied !== null ? line : undefined;
    const discarded = line && line.applied === null ? line : undefined;
    if (id) result.appliedIds++;
    if (!event) {
      if (id) noteUnknown(id, times, result);
      else if (discarded && !dead.has(discarded.event_id)) noteDiscarded(discarded, result);
    } else {
      if (dead.has(event.event_id)) result.known.add(event.event_id);
      // Whether a handler applies it, is not known here.
      if (!event.counts) continue;
      result.events++;
      const wrong = wrongOrder(event);
      if (wrong) findings.add(wrong);
      if (id) checkApplied(event, { dead, times, findings, result });
      else {
        const ghost = event.order_customer_id === null;
        const givenUp = discarded !== undefined && isGivenUp(discarded.discarded, event.last_published);
        checkAbsent(event, { ghost, givenUp, dead, times, findings, result });
      }
    }
  }
  return result;
}

const ofEvent = ({ event_id, order_id, customer_id }: KnownEvent): Finding['of'] => ({
  event: event_id,
  ...(order_id === null ? {} : { order: order_id }),
  ...(customer_id === null ? {} : { customer: customer_id }),
});

function wrongOrder(event: KnownEvent): Finding | undefined {
  if (event.order_customer_id === null)
    return {
      kind: 'event-without-order',
      of: ofEvent(event),
      what: 'The event tells of an order that is not there.',
      advice:
        'Find out who wrote it, or who deleted the order. If it was counted, the count is one too high: there is no event that takes an order back.',
    };
  if (event.order_customer_id === event.customer_id) return undefined;
  return {
    kind: 'event-of-another-customer',
    of: ofEvent(event),
    what: `The order is customer ${event.order_customer_id}'s, the event says ${event.customer_id ?? 'nothing that can be read'}.`,
    advice: 'Find out whether the order or the event was changed: the event is what was counted.',
  };
}

function checkApplied(
  event: KnownEvent,
  { dead, times, findings, result }: Omit<Parameters<typeof checkAbsent>[1], 'ghost' | 'givenUp'>,
): void {
  // It keeps its old time: on a live system it may have been replayed a moment ago.
  if (event.places & places.waiting && times.youngSince === Infinity)
    findings.add(waiting(event, 'It was applied before, so it was replayed.'));
  const isDead = dead.has(event.event_id);
  if (isDead) result.overlapping.add(event.event_id);
  if (!isDead && !(event.places & places.parked)) return;
  const command = isDead ? 'dead-letters' : 'outbox';
  findings.add({
    kind: 'event-in-two-places',
    of: ofEvent(event),
    what: `The event is applied, and ${isDead ? 'a dead letter' : 'parked'} too.`,
    advice: `It is counted: npm run ${command} -- discard --id ${event.event_id}${isDead ? '' : ' --why "it was applied"'}`,
  });
}

function checkAbsent(
  event: KnownEvent,
  options: {
    ghost: boolean;
    givenUp: boolean;
    dead: Set<string>;
    times: Times;
    findings: Findings;
    result: EventsChecked;
  },
): void {
  const { times, findings, result } = options;
  const beforeInbox =
    event.first_published !== null &&
    event.first_published < times.inboxSince &&
    !(event.places & ~places.published) &&
    !options.givenUp &&
    !options.dead.has(event.event_id);
  if (beforeInbox) {
    // Its id was dropped: counted, as far as anybody knows.
    result.outside++;
    return;
  }
  // A customer that cannot be read is in nobody's count.
  const tally = (of: Partial<Absent>) =>
    event.customer_id !== null && result.absent.add(event.customer_id, of);
  tally({ events: 1 });
  if (options.dead.has(event.event_id)) return;
  if (event.moved >= times.youngSince) result.young++;
  else if (event.places & places.waiting) findings.add(waiting(event, 'It is not counted yet.'));
  else if (event.places & places.parked)
    findings.add({
      kind: 'event-parked',
      of: ofEvent(event),
      what: 'The event could not be published, and waits for a person; it is not counted.',
      advice: `npm run outbox -- show ${event.event_id} says why; then replay it, or discard it.`,
    });
  else if (options.givenUp || event.places & places.discarded) result.givenUp++;
  else if (!options.ghost) {
    tally({ missing: 1 });
    result.missingTotal++;
    if (result.missing.length < kept) result.missing.push(event);
  }
}

const waiting = (event: KnownEvent, beside: string): Finding => ({
  kind: 'event-waiting',
  of: ofEvent(event),
  what: `The event is in the outbox and not published. ${beside}`,
  advice: 'Is a relay running, and RabbitMQ there? See "The outbox grows" in docs/operations.md.',
});

/** Its event is older than the history, or was never ours. */
function noteDiscarded({ customer_id }: DiscardedId, result: EventsChecked): void {
  result.givenUp++;
  if (customer_id !== null) result.discardedOutside.add(customer_id, { events: 1 });
}

function noteUnknown(id: AppliedId, times: Times, result: EventsChecked): void {
  const { derived, notBefore } = originOf(id);
  if (derived) result.derived++;
  else if (notBefore < times.historySince) result.outside++;
  else {
    result.unknownTotal++;
    if (result.unknown.length < kept) result.unknown.push(id);
  }
}
