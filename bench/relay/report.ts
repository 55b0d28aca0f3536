import { perSecond, table } from '../table.ts';
import { contenders } from './contenders.ts';
import { medianRate, medianRatio } from '../statistics.ts';
import type { RelayResult } from './result.ts';

/** For people. */
export function report(result: RelayResult): string {
  const { rounds, order, replicas, latency, idle } = result;
  const sum = (of: (round: RelayResult['order'][number]) => number) =>
    order.reduce((total, round) => total + of(round), 0);
  const ratio = (number: number) => number.toFixed(2);
  return [
    table([
      ['', 'messages/s', 'to the limit', 'ours is'],
      ...contenders.map(({ name, title }) => [
        title,
        perSecond(medianRate(rounds, name)),
        ratio(medianRatio(rounds, name, 'limit')),
        name === 'ours' || name === 'limit'
          ? ''
          : `${ratio(medianRatio(rounds, 'ours', name))} times as fast`,
      ]),
      ...Object.entries(replicas).map(([number, rate]) => [
        `${number} of this relay together`,
        perSecond(rate),
        '',
        '',
      ]),
    ]),
    '',
    `Order within a key: ${sum(({ inversions }) => inversions)} inversions and ${sum(({ duplicates }) => duplicates)} duplicates in ${sum(({ distinct }) => distinct)} messages of this relay.`,
    `Latency at ${latency.orders_per_s} orders/s, ${latency.orders} orders:`,
    `  commit to confirm   p50 ${latency.commit_to_confirm_ms.p50.toFixed(1)} ms, p99 ${latency.commit_to_confirm_ms.p99.toFixed(1)} ms   (the settling that follows the confirm begins: not before it)`,
    `  commit to consumer  p50 ${latency.commit_to_consumer_ms.p50.toFixed(1)} ms, p99 ${latency.commit_to_consumer_ms.p99.toFixed(1)} ms`,
    `Idle: ${idle.cpu_percent.toFixed(1)}% of a core, ${idle.rss_mib.toFixed(0)} MiB.`,
  ].join('\n');
}
