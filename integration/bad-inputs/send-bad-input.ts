import { connect } from 'node:net';
import type { BadInput } from './bad-input.ts';

export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Milliseconds until a server that neither answers nor hangs up has failed. */
const patience = 10_000;

/**
 * Writes the bytes to a socket and reads the answer until the server hangs up: `fetch` would refuse to send most of
 * these.
 *
 * @param baseUrl of the service that the input is meant for, e.g. `http://127.0.0.1:3001`.
 */
export async function sendBadInput(baseUrl: string, { name, bytes }: BadInput): Promise<RawAnswer> {
  const { hostname, port } = new URL(baseUrl);
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) });
    const deadline = setTimeout(() => {
      socket.destroy();
      reject(new Error(`${name}: the connection was still open after ${patience} ms`));
    }, patience);
    // A reset can follow the answer, where the server hangs up on what it does not want to read: the answer counts.
    socket.on('error', () => {});
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('close', () => {
      clearTimeout(deadline);
      resolve();
    });
    socket.write(bytes);
  });
  return parse(name, Buffer.concat(chunks).toString('utf8'));
}

function parse(name: string, text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const status = /^HTTP\/1\.1 ([0-9]{3})/.exec(statusLine)?.[1];
  if (end === -1 || status === undefined)
    throw new Error(`${name}: answered with ${JSON.stringify(text.slice(0, 200))}`);
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(status), headers, body: text.slice(end + 4) };
}
