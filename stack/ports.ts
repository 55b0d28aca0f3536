import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { accepts } from './probes.ts';

const given = new Set<number>();

/**
 * A port on loopback that nobody listens on. It comes from below the range that systems use for outgoing connections
 * (32768 on Linux, 49152 on macOS): a server that is stopped and started again must find its port still free, and one
 * that the system hands out could be taken by any client meanwhile.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const port = randomInt(20_000, 32_000);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error('No free port between 20000 and 31999 was found in 1000 attempts: end what holds them.');
}

/**
 * Whether nothing of this machine listens on the port, on loopback or on all addresses. Both are asked: a listener on
 * `::1` does not hinder ours on 127.0.0.1, yet would get what is sent to `localhost`.
 */
export async function isFree(port: number): Promise<boolean> {
  if ((await accepts('127.0.0.1', port)) || (await accepts('::1', port))) return false;
  return canListen(port, '127.0.0.1');
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
