import { metricsOf } from '../metrics-of.ts';

/** The samples of the processes that answered, by URL. */
export type Reading = ReadonlyMap<string, ReadonlyMap<string, number>>;

export async function readCounters(urls: readonly string[]): Promise<Reading> {
  const readings = await Promise.all(urls.map(async (url) => [url, await metricsOf(url)] as const));
  return new Map(readings.filter(([, samples]) => samples.size > 0));
}

/** How much a counter has grown in all of them together, for people. A process that was restarted counts from zero. */
export function growth(before: Reading, after: Reading, sample: string): string {
  if (after.size === 0) return 'not known: its /metrics cannot be reached';
  const startOf = (samples?: ReadonlyMap<string, number>) => samples?.get('process_start_time_seconds');
  let grown = 0;
  let restarted = after.size < before.size;
  for (const [url, samples] of after) {
    const earlier = before.get(url);
    const same = startOf(earlier) === startOf(samples);
    restarted ||= !same;
    grown += (samples.get(sample) ?? 0) - (same ? (earlier?.get(sample) ?? 0) : 0);
  }
  return restarted ? `${grown} since it was restarted` : String(grown);
}
