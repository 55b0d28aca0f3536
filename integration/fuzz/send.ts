import { Agent, request } from 'node:http';
import type { FuzzRequest } from './requests.ts';

export interface FuzzAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 4 });
/** Milliseconds. */
const patience = 10_000;

/** As it stands: `fetch` would mend the path and refuse some methods and headers. */
export function send(origin: string, { method, path, body, ...given }: FuzzRequest): Promise<FuzzAnswer> {
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
    asked.on('error', reject);
    asked.end(body);
  });
}
