import { setTimeout as delay } from 'node:timers/promises';
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

/** @param lastsMs how long the fault is there */
export async function suffer(link: TcpProxy, fault: string, lastsMs: number): Promise<void> {
  const heal = networkFaults[fault]!(link);
  try {
    await delay(lastsMs);
  } finally {
    heal();
  }
}
