import { expect } from 'chai';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../world/eventually.ts';
import type { TcpProxy, Weather } from './tcp-proxy.ts';

/** What can be wrong with the network, from the moment that it is called until what it returns is called. */
export const networkFaults: Readonly<Record<string, (link: TcpProxy) => () => void>> = {
  latency: under({ latencyMs: 300 }),
  'little bandwidth': under({ bytesPerSecond: 2_000 }),
  'nothing reaches the server': under({ cut: ['to-server'] }),
  'nothing comes back': under({ cut: ['to-client'] }),
  'nothing comes through': under({ cut: ['to-server', 'to-client'] }),
  reset: (link) => {
    link.reset();
    return () => link.reset();
  },
  'half-open': (link) => {
    link.forget();
    return () => link.reset();
  },
  'slow close': (link) => {
    link.forget();
    return () => link.finish();
  },
};

function under(weather: Weather): (link: TcpProxy) => () => void {
  return (link) => {
    link.weather = weather;
    return () => (link.weather = {});
  };
}

/**
 * @param lastsMs how long the fault is there at the least: it stays until it has been felt
 * @param use makes use of the link
 */
export async function suffer(
  link: TcpProxy,
  fault: string,
  { lastsMs, use }: { lastsMs: number; use: () => Promise<unknown> },
): Promise<void> {
  const heal = networkFaults[fault]!(link);
  try {
    await delay(lastsMs);
    await eventually(async () => {
      await use();
      expect(link.touched, `connections touched by "${fault}"`).to.be.greaterThan(0);
    });
  } finally {
    heal();
  }
}
