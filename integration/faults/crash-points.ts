import type { ServiceName } from '../world/world.ts';

/** What has to happen, beside the orders that always come, for a point to be passed. */
export type Scene = 'hand-over' | 'oversized-order' | 'order-without-customer' | 'due-evictions' | 'old-rows';

export interface CrashPoint {
  readonly process: ServiceName;
  /** As in the call of `probe`. */
  readonly name: string;
  /** The process dies at one of the first so many times that it passes here. */
  readonly within: number;
  readonly scene?: Scene;
}

const orderService: Omit<CrashPoint, 'process'>[] = [
  // An order without an Idempotency-Key, and those that come with it: one statement.
  { name: 'order.statement-before', within: 40 },
  { name: 'order.statement-committed', within: 40 },
  { name: 'order.hinted', within: 40 },
  // With one: a transaction of several statements.
  { name: 'idempotency.key-claimed', within: 20 },
  { name: 'order.inserted', within: 20 },
  { name: 'order.event-appended', within: 20 },
  { name: 'idempotency.answer-kept', within: 20 },
  { name: 'http.answer-before', within: 60 },
  { name: 'http.answered', within: 60 },
];

const outboxRelay: Omit<CrashPoint, 'process'>[] = [
  { name: 'ownership.alive', within: 2 },
  { name: 'ownership.taken', within: 1 },
  { name: 'relay.claimed', within: 20 },
  { name: 'relay.publish-before', within: 40 },
  { name: 'relay.published', within: 40 },
  { name: 'publisher.written', within: 30 },
  { name: 'relay.confirmed', within: 40 },
  { name: 'relay.settle-before', within: 20 },
  { name: 'relay.settled', within: 20 },
  { name: 'relay.park-before', within: 2, scene: 'oversized-order' },
  { name: 'relay.parked', within: 2, scene: 'oversized-order' },
  { name: 'ownership.drained', within: 1, scene: 'hand-over' },
  { name: 'ownership.given-back', within: 1, scene: 'hand-over' },
  { name: 'prune.locked', within: 1, scene: 'old-rows' },
  { name: 'prune.days-dropped', within: 1, scene: 'old-rows' },
  { name: 'prune.rows-deleted', within: 2, scene: 'old-rows' },
];

const customerWorker: Omit<CrashPoint, 'process'>[] = [
  { name: 'consumer.delivered', within: 40 },
  { name: 'inbox.deduped', within: 10 },
  { name: 'inbox.applied', within: 10 },
  { name: 'inbox.commit-before', within: 10 },
  { name: 'consumer.committed', within: 10 },
  { name: 'consumer.evicted', within: 10 },
  { name: 'consumer.acknowledge-before', within: 10 },
  { name: 'consumer.acknowledged', within: 10 },
  { name: 'put-aside.publish-before', within: 3, scene: 'order-without-customer' },
  { name: 'put-aside.confirmed', within: 3, scene: 'order-without-customer' },
  { name: 'evictions.evicted', within: 1, scene: 'due-evictions' },
  { name: 'prune.before', within: 1, scene: 'old-rows' },
  { name: 'prune.done', within: 1, scene: 'old-rows' },
];

const customerWeb: Omit<CrashPoint, 'process'>[] = [
  { name: 'customer.commit-before', within: 4 },
  { name: 'customer.committed', within: 4 },
  { name: 'evictions.evicted', within: 4 },
  { name: 'http.answered', within: 40 },
];

/** Every step of the pipeline at which a process can die, in the order in which an order passes them. */
export const crashPoints: readonly CrashPoint[] = Object.entries({
  orderService,
  outboxRelay,
  customerWorker,
  customerWeb,
}).flatMap(([process, points]) => points.map((point) => ({ process: process as ServiceName, ...point })));

/** All of them in as few runs as can be: one point of each process at the same time. */
export function crashesTogether(): CrashPoint[][] {
  const byProcess = [...Map.groupBy(crashPoints, ({ process }) => process).values()];
  const runs = Math.max(...byProcess.map((points) => points.length));
  return Array.from({ length: runs }, (_, run) => byProcess.flatMap((points) => points[run] ?? []));
}
