import type { PostgresAddress } from '@event-sync/stack/servers.ts';
import type { Service } from '@event-sync/stack/services.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { metricsOf } from '../metrics-of.ts';
import { fillOutbox, outboxPending } from '../relay/contenders.ts';
import { withClient } from '../databases.ts';
import { nothingPending, timed, type Stage } from '../relay/run-contender.ts';
import { rounded } from '../statistics.ts';
import { look } from './look.ts';
import { maxWaiting } from './options.ts';
import type { Sample } from './series.ts';

const chunk = 2_000;
const lookEveryMs = 2_000;

/**
 * Writes rows as fast as the relay takes them, and looks at the tables meanwhile.
 *
 * @returns what was seen, the first before the first row and the last when all rows were settled
 */
export async function steadyLoad(
  stage: Stage,
  {
    address,
    relay,
    rows,
    onSample,
  }: {
    address: PostgresAddress;
    relay: Service;
    rows: number;
    onSample: (sample: Sample) => void;
  },
): Promise<{ samples: Sample[]; rate: number }> {
  const over = new AbortController();
  const signal = AbortSignal.any([stage.signal, over.signal]);
  let arrived = 0;
  const queue = {
    count: async () => (arrived = await stage.queue.count()),
    purge: () => stage.queue.purge(),
  };

  const write = () =>
    withClient(address, async (client) => {
      for (let written = 0; written < rows;) {
        signal.throwIfAborted();
        const next = Math.min(chunk, rows - written);
        if (written + next - arrived > maxWaiting) await delay(10, undefined, { signal });
        else {
          await client.query(fillOutbox(next, written));
          written += next;
        }
      }
    });

  const samples: Sample[] = [];
  const beganAt = performance.now();
  const watch = () =>
    withClient(address, async (client) => {
      const sample = async () => {
        const settled = (await metricsOf(relay.url!)).get('outbox_settled_total');
        // Not reachable just now: the next look comes soon.
        if (settled === undefined) return;
        const seconds = rounded((performance.now() - beganAt) / 1_000, 3);
        samples.push({ seconds, settled, ...(await look(client)) });
        onSample(samples.at(-1)!);
      };
      while (!signal.aborted) {
        await sample();
        await delay(lookEveryMs, undefined, { signal }).catch(() => {});
      }
      if (!stage.signal.aborted) await sample();
    });

  const draining = withClient(address, (client) =>
    timed({ queue, signal }, rows, [relay], () => nothingPending(client, outboxPending)),
  ).finally(() => over.abort(new Error('the load is over')));
  const all = await Promise.allSettled([draining, write(), watch()]);
  for (const each of all) if (each.status === 'rejected') throw each.reason;
  return { samples, rate: await draining };
}
