import { startService } from '@event-sync/stack/services.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { metricsOf } from '../metrics-of.ts';
import { contenderEnvironment } from '../contender-environment.ts';
import { ours } from './contenders.ts';
import { startContender, type Stage } from './run-contender.ts';

export interface Latency {
  readonly orders: number;
  readonly orders_per_s: number;
  /** From the answer to COMMIT until the relay begins to settle the row: not before the confirm, and a little after. */
  readonly commit_to_confirm_ms: { readonly p50: number; readonly p99: number };
  /** From the answer to COMMIT until a consumer of the queue has the message. */
  readonly commit_to_consumer_ms: { readonly p50: number; readonly p99: number };
}

export interface Idle {
  /** Share of one core, in percent. */
  readonly cpu_percent: number;
  readonly rss_mib: number;
}

/** One relay on an empty outbox: what it costs when nothing happens, then how quick it is at a steady load. */
export async function measureLatency(
  stage: Stage,
  { seconds, idleSeconds }: { seconds: number; idleSeconds: number },
): Promise<{ latency: Latency; idle: Idle }> {
  await stage.queue.purge();
  const address = await stage.databases.create('ours', ours.database.install);
  const service = await startContender(ours, stage, address);
  try {
    await service.ready({ signal: stage.signal });
    // Past what a start costs: first ticks, first compilations.
    await delay(2_000, undefined, { signal: stage.signal });
    const before = await processFigures(service.url!);
    await delay(idleSeconds * 1_000, undefined, { signal: stage.signal });
    const after = await processFigures(service.url!);
    const idle = {
      cpu_percent: (100 * (after.cpuSeconds - before.cpuSeconds)) / ((after.at - before.at) / 1_000),
      rss_mib: after.rssBytes / 1024 ** 2,
    };
    const orders = startService({
      name: 'bench-orders',
      script: 'bench/relay/contenders/orders.main.ts',
      env: { ...contenderEnvironment(address, stage.rabbitmqUrl), BENCH_SECONDS: String(seconds) },
    });
    const stop = () => void orders.stop();
    stage.signal.addEventListener('abort', stop, { once: true });
    const { code } = await orders.exited;
    stage.signal.removeEventListener('abort', stop);
    stage.signal.throwIfAborted();
    const lines = orders.logs().trimEnd().split('\n');
    if (code !== 0) throw new Error(`the orders could not be placed:\n${lines.slice(-15).join('\n')}`);
    return { latency: JSON.parse(lines.at(-1)!) as Latency, idle };
  } finally {
    await service.stop();
    await stage.databases.drop(address);
  }
}

/** What the process says of itself at `/metrics`. */
async function processFigures(url: string): Promise<{ at: number; cpuSeconds: number; rssBytes: number }> {
  const samples = await metricsOf(url);
  const sample = (name: string) => {
    const value = samples.get(name);
    if (value === undefined) throw new Error(`the relay shows no ${name} at /metrics`);
    return value;
  };
  return {
    at: performance.now(),
    cpuSeconds: sample('process_cpu_seconds_total'),
    rssBytes: sample('process_resident_memory_bytes'),
  };
}
