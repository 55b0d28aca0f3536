import type { Findings } from '../findings.ts';
import { ledger, type LedgerLine } from '../history/ledger.ts';
import { customersInOrder, type CountedCustomer } from '../inbox/customers-in-order.ts';
import type { DeadLetter } from '../queues/queues.ts';
import { byNumber, merge } from '../reading/merge.ts';
import type { Snapshot } from '../reading/snapshot.ts';
import type { EventsChecked } from './events.ts';
import type { Times } from './times.ts';

/** Customers with lost orders whose counts are remembered; of others it is said that nothing is known. */
const lostKept = 100_000;

/** What a customer's count says of those events, or orders, of theirs about which nothing else is known. */
export type Counted = 'no' | 'yes' | 'some';

export interface CountsChecked {
  orders: number;
  customers: number;
  /** Orders that are older than the history: checked by the counts alone. */
  outside: number;
  /** Orders that no event tells of, and more than one. */
  oddOrders: number;
  /** By customer, for those whose events, or orders, are named one by one. */
  missing: Map<string, Counted>;
  lost: Map<string, Counted>;
  /** Missing events, of all customers, by what their count says. */
  missingTotals: Record<Counted, number>;
  /** Lost orders that are counted: an applied id is left of each. */
  lostButCounted: number;
  /** Counted more than once, or not by us: as many as there are messages of the replaced system. */
  byDerivedIds: number;
}

/**
 * Lays the ledger of the orders beside the customers: each count must be the number of that customer's events that are
 * applied. It holds at every moment, so it needs no horizon: count and inbox are of one snapshot.
 */
export async function checkCounts(options: {
  orders: Snapshot;
  customers: Snapshot;
  deadLetters: readonly DeadLetter[];
  events: EventsChecked;
  times: Times;
  findings: Findings;
}): Promise<CountsChecked> {
  const { events, findings } = options;
  const deadOutside = countBy(
    options.deadLetters.filter(({ id }) => id === undefined || !events.known.has(id)),
    ({ customer }) => customer,
  );
  const named = new Set(events.missing.flatMap(({ customer_id }) => customer_id ?? []));
  const result: CountsChecked = {
    ...{ orders: 0, customers: 0, outside: 0, oddOrders: 0, lostButCounted: 0, byDerivedIds: 0 },
    ...{ missing: new Map(), lost: new Map(), missingTotals: { no: 0, yes: 0, some: 0 } },
  };
  const pairs = merge(
    ledger(options.orders, options.times.historySince),
    customersInOrder(options.customers),
    (line, customer) => byNumber(line.customer_id, customer.id),
  );
  for await (const [line, customer] of pairs) {
    if (customer) result.customers++;
    result.orders += Number(line?.orders ?? 0);
    result.outside += Number(line?.outside ?? 0);
    result.oddOrders += Number(line?.lost ?? 0) + Number(line?.several ?? 0);
    const id = customer?.id ?? line!.customer_id;
    checkCount(id, line, customer, {
      events,
      findings,
      result,
      named,
      deadOutside: (deadOutside.get(id) ?? 0) + events.discardedOutside.get(id).events,
    });
  }
  return result;
}

function checkCount(
  id: string,
  line: LedgerLine | undefined,
  customer: CountedCustomer | undefined,
  { events, findings, result, named, deadOutside }: CheckOfOne,
): void {
  const absent = events.absent.get(id);
  const [known, outside, lost] = [
    Number(line?.events ?? 0),
    Number(line?.outside ?? 0),
    Number(line?.lost ?? 0),
  ];
  const applied = known - absent.events + outside;
  const count = Number(customer?.orders_count ?? 0);
  // Above what is applied: as much as lost orders and missing events can account for.
  const above = Math.max(0, count - applied);
  const verdict = (of: number): Counted => (above === 0 ? 'no' : above >= of ? 'yes' : 'some');
  if (lost > 0) {
    // A dead letter may be of one of them.
    if (result.lost.size < lostKept) result.lost.set(id, deadOutside > 0 ? 'some' : verdict(lost));
    result.lostButCounted += Math.min(above, lost);
  }
  const left = above - Math.min(above, lost);
  if (absent.missing > 0) {
    const counted: Counted = left === 0 ? 'no' : left >= absent.missing ? 'yes' : 'some';
    if (named.has(id)) result.missing.set(id, counted);
    result.missingTotals[counted] += absent.missing;
  }
  let excess = left - Math.min(left, absent.missing);
  // The replaced system's orders, which nothing here can tell by their customer.
  const derived = Math.min(excess, events.derived - result.byDerivedIds);
  result.byDerivedIds += derived;
  excess -= derived;
  const deficit = applied - deadOutside - count;
  if (excess === 0 && deficit <= 0) return;
  const parts = [
    `${known - absent.events} ${known - absent.events === 1 ? 'event is' : 'events are'} applied`,
    ...(outside > 0 ? [`${outside} orders are older than the history`] : []),
    ...(lost > 0 ? [`${lost} orders have no event`] : []),
    ...(absent.missing > 0 ? [`${absent.missing} published events are in no inbox`] : []),
  ];
  findings.add({
    kind: 'count-differs',
    of: { customer: id },
    what: customer
      ? `orders_count is ${count}: ${parts.join(', ')}.`
      : `There is no such customer: ${parts.join(', ')}.`,
    advice: adviceFor({ customer, outside, excess }),
  });
}

interface CheckOfOne {
  readonly events: EventsChecked;
  readonly findings: Findings;
  readonly result: CountsChecked;
  /** Customers of the missing events that are named one by one. */
  readonly named: ReadonlySet<string>;
  /** Dead letters, there or discarded, whose event is not in the history: their orders are not counted. */
  readonly deadOutside: number;
}

function adviceFor(of: { customer: CountedCustomer | undefined; outside: number; excess: number }): string {
  if (!of.customer)
    return 'The customer was deleted after their orders were counted: nothing of ours does that.';
  const old =
    of.outside > 0 && of.excess === 0
      ? ' Events that were given up before the history begins are not counted, and rightly so.'
      : '';
  return `Nothing of ours changes a count but the worker: find out who did, and correct the row by hand.${old}`;
}

function countBy<T>(items: readonly T[], key: (item: T) => string | undefined): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) {
    const of = key(item);
    if (of !== undefined) counts.set(of, (counts.get(of) ?? 0) + 1);
  }
  return counts;
}
