import { waitUntil } from '@event-sync/stack/wait-until.ts';
import type { Bench } from '../benchmark.ts';
import type { Queue } from '../relay/queue.ts';
import { outboxPending } from '../relay/contenders.ts';
import { withClient } from '../databases.ts';
import { nothingPending, type Stage } from '../relay/run-contender.ts';
import { rounded } from '../statistics.ts';
import { ArrivalLog, longestWait } from './arrival-log.ts';
import { faultPlan, stretch, type Fault } from './faults.ts';
import { Relays } from './relays.ts';
import { installThings, writeEvents } from './writers.ts';

export interface OccurredFault {
  readonly fault: Fault;
  readonly occurred: boolean;
  /** Events that had arrived when it happened, and events that were committed and had not. */
  readonly arrived: number;
  readonly waiting: number;
  /** Of a kill: the longest that any event waited that came between it and the next kill. */
  readonly longest_wait_ms?: number;
}

export interface OrderRun {
  readonly keys: number;
  readonly messages: number;
  readonly seconds: number;
  readonly inversions: number;
  readonly duplicates: number;
  readonly lost: number;
  readonly faults: readonly OccurredFault[];
  readonly inverted: ArrivalLog['inverted'];
}

/** Written and not arrived: the writers wait. Else all would be written long before the last fault. */
const maxWaiting = 2_000;
/** Without any arrival for so long, what has not come is lost. Far longer than any fault lasts. */
const patienceMs = 60_000;

/** @param onFailure gets the logs of the relays */
export async function runOrder(
  { databases, servers, signal: outerSignal, progress }: Bench<unknown>,
  queue: Queue,
  { keys, messages }: { keys: number; messages: number },
  onFailure: (logs: string) => void,
): Promise<OrderRun> {
  const failing = new AbortController();
  const signal = AbortSignal.any([outerSignal, failing.signal]);
  const stage: Stage = { databases, queue, rabbitmqUrl: servers.addresses.rabbitmqUrl, signal };
  await queue.purge();
  const address = await databases.create('order', installThings);
  const log = new ArrivalLog();
  const stopConsuming = await queue.consume((content) => log.take(content));
  const relays = new Relays(stage, address, servers.addresses.rabbitmqManagementUrl);
  let writable = 0;
  let written = 0;
  const silentSince = (moment: number) => performance.now() - Math.max(moment, log.lastFirstAt) > patienceMs;
  const until = (condition: () => boolean) =>
    waitUntil(condition, { deadlineMs: Infinity, intervalMs: 2, signal, otherwise: () => '' });
  /** Until so many have arrived, or none come any more. @returns whether they have */
  const arrivals = async (count: number) => {
    const now = performance.now();
    await until(() => log.order.distinct >= count || silentSince(now));
    return log.order.distinct >= count;
  };

  const faults: (OccurredFault & { at: number })[] = [];
  async function disturb(): Promise<void> {
    for (const [number, fault] of faultPlan.entries()) {
      let occurred = false;
      let what = '';
      let at = Date.now();
      let before = { arrived: 0, waiting: 0 };
      try {
        if (fault === 'kill') await relays.bothAtWork();
        const connections = fault === 'cut' ? await relays.connections() : [];
        const next = stretch(number, messages);
        writable = next.written;
        if (!(await arrivals(next.arrivals))) throw new Error(`no event came for ${patienceMs / 1_000} s`);
        // A fault while nothing is on its way would prove nothing.
        await until(() => written > log.order.distinct || written >= writable);
        at = Date.now();
        before = { arrived: log.order.distinct, waiting: written - log.order.distinct };
        if (fault === 'kill') occurred = await relays.kill();
        else {
          const closed = await relays.cut(connections);
          occurred = closed > 0;
          what = ` (${closed} connections)`;
        }
      } catch (error) {
        signal.throwIfAborted();
        what = `: ${(error as Error).message.split('\n')[0]}`;
      }
      faults.push({ fault, occurred, ...before, at });
      progress(
        `${keys} keys  ${fault}${what}${occurred ? '' : ' did not happen'}, ${before.arrived} of ${messages} arrived, ${before.waiting} on their way`,
      );
      // The run has failed, and the next one would take its minute, too.
      if (!occurred) break;
    }
    writable = messages;
  }

  const beganAt = performance.now();
  let seconds = 0;
  try {
    await relays.start();
    await relays.bothAtWork();
    const writing = writeEvents({
      address,
      keys,
      messages,
      mayWrite: (begun) => begun < writable && (begun - log.order.distinct < maxWaiting || silentSince(0)),
      onWritten: (events) => (written += events),
      signal,
    });
    const disturbing = disturb();
    await Promise.all([writing, disturbing]).catch(async (error: unknown) => {
      failing.abort(error);
      await Promise.allSettled([writing, disturbing]);
      throw error;
    });
    await arrivals(messages);
    seconds = (performance.now() - beganAt) / 1_000;
    await withClient(address, (client) =>
      waitUntil(() => nothingPending(client, outboxPending), {
        deadlineMs: patienceMs,
        otherwise: () => `the outbox is not empty after ${patienceMs / 1_000} s`,
        signal,
      }),
    ).catch((error: unknown) => {
      signal.throwIfAborted();
      progress((error as Error).message);
    });
  } finally {
    await relays.stop();
    await stopConsuming();
    await databases.drop(address);
  }

  const kills = faults.filter(({ fault }) => fault === 'kill');
  const { inversions, duplicates, distinct } = log.order;
  const run: OrderRun = {
    keys,
    messages,
    seconds: rounded(seconds, 1),
    inversions,
    duplicates,
    lost: messages - distinct,
    faults: faults.map(({ at, ...fault }) => {
      if (fault.fault === 'cut') return fault;
      const next = kills.find((kill) => kill.at > at)?.at ?? Infinity;
      return { ...fault, longest_wait_ms: longestWait(log.firsts, at, next) };
    }),
    inverted: log.inverted,
  };
  if (run.inversions > 0 || run.lost > 0) onFailure(relays.logs());
  return run;
}
