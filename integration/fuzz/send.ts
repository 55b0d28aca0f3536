import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { FuzzRequest } from './requests.ts';

export interface FuzzAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 4 });
/** Milliseconds. */
const patience = 10_000;

/**
 * As `send`; `/readyz` again while it says that a server is late, which one is where the machine stands still. What stays
 * so is a fault.
 */
export async function answerTo(origin: string, request: FuzzRequest): Promise<FuzzAnswer> {
  for (let tries = 1; ; tries++) {
    const answer = await send(origin, request);
    if (answer.status !== 503 || tries === 20 || !request.path.startsWith('/readyz')) return answer;
    await delay(250);
  }
}

/** As it stands: `fetch` would mend the path and refuse some methods and headers. */
export function send(origin: string, made: FuzzRequest): Promise<FuzzAnswer> {
  const { method, path, body, ...given } = made;
  const { hostname, port } = new URL(origin);
  // For methods that usually have none, node would send a body that nothing announces.
  const headers = { ...given.headers, ...(body && { 'content-length': String(body.length) }) };
  return new Promise((resolve, reject) => {
    const asked = request({ agent, hostname, port, method, path, headers, timeout: patience }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({
          status: answer.statusCode!,
          contentType: answer.headers['content-type'] ?? '',
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${patience} ms`)));
    asked.on('error', (error: NodeJS.ErrnoException) => {
      // The service may close a connection that was idle for long, at the moment in which it is used again.
      if (asked.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(error.code ?? ''))
        resolve(send(origin, made));
      else reject(error);
    });
    asked.end(body);
  });
}
