import type { Findings, Finding } from '../findings.ts';
import { oddOrders, type OddOrder } from '../history/odd-orders.ts';
import type { Snapshot } from '../reading/snapshot.ts';
import type { Counted, CountsChecked } from './counts.ts';
import type { EventsChecked } from './events.ts';
import type { Times } from './times.ts';

/** Names the orders that the ledger has counted as odd, and the applied ids that none of them accounts for. */
export async function nameOrders(options: {
  orders: Snapshot;
  times: Times;
  events: EventsChecked;
  counts: CountsChecked;
  /** Whether every queue is empty: else the event of an order may be in one. */
  queuesEmpty: boolean;
  findings: Findings;
}): Promise<void> {
  const { events, counts, findings } = options;
  if (counts.oddOrders > 0) {
    for await (const order of oddOrders(options.orders, options.times.historySince)) {
      findings.add(
        order.event_ids.length > 0
          ? several(order)
          : withoutEvent(order, counts.lost.get(order.customer_id) ?? 'some', options.queuesEmpty),
      );
    }
  }
  // The history of these orders is gone, and the ids are theirs: one difference, not two.
  if (events.unknownTotal <= counts.lostButCounted) return;
  for (const { event_id, applied } of events.unknown) {
    findings.add({
      kind: 'inbox-id-without-event',
      of: { event: event_id },
      what: `The id was applied at ${new Date(applied).toISOString()}, and no such event is in the history.`,
      advice:
        'Another program published it to our exchange, or its row was deleted. Some count is higher by it than our orders account for.',
    });
  }
  findings.more('inbox-id-without-event', events.unknownTotal - events.unknown.length);
}

function several({ id, customer_id, event_ids }: OddOrder): Finding {
  return {
    kind: 'order-with-several-events',
    of: { order: id, customer: customer_id },
    what: `Several events tell of the order: ${event_ids.join(', ')}.`,
    advice:
      'Each is counted: orders_count is too high by all but one. Find out what has appended the others.',
  };
}

function withoutEvent({ id, customer_id }: OddOrder, counted: Counted, queuesEmpty: boolean): Finding {
  const of = { order: id, customer: customer_id };
  const kind = 'order-without-event';
  if (counted === 'yes')
    return {
      ...{ kind, of },
      what: 'No event in the history tells of the order; it is counted.',
      advice:
        'Its event was deleted after it was applied. Nothing is miscounted, but the event cannot be replayed any more: find out who deletes from outbox_published.',
    };
  if (counted === 'no' && queuesEmpty)
    return {
      ...{ kind, of },
      what: 'No event tells of the order, and it is not counted.',
      advice:
        'Its event was deleted before it was published. --repair appends one that is made of the order; its id depends on the order alone, so it is counted once.',
      repair: { do: 'append', orderId: id },
    };
  return {
    ...{ kind, of },
    what: 'No event in the history tells of the order; whether it is counted cannot be told.',
    advice:
      'Look at its customer by hand: with other orders like this one, with dead letters or with messages in the queues, the count alone does not tell them apart.',
  };
}
