import express, { type Request, type Response } from 'express';
import { parseExactJson } from './exact-json.ts';
import { askForBody, isBodyHeld } from './expect-continue.ts';
import type { ProblemReply } from './problem.ts';

/** Bytes of a request's body, where its route says nothing else. */
export const bodyLimit = 100 * 1024;

/** Reads a body of at most so many bytes. `type: () => true`: what it is has been looked at before. */
const readerOf = (limit: number) => express.raw({ limit, inflate: false, type: () => true });
const readUsual = readerOf(bodyLimit);

/**
 * The JSON value of a request's body, or the problem to answer with: 415 for anything that does not say it is
 * `application/json` in UTF-8 or is compressed, 413 beyond the limit, 400 for what is not exact JSON.
 *
 * @param limit in bytes
 */
export async function readJsonBody(
  req: Request,
  res: Response,
  limit = bodyLimit,
): Promise<{ value: unknown } | ProblemReply> {
  const mediaTypeFault = faultOfMediaType(req.headers['content-type']);
  if (mediaTypeFault) return { problem: 'unsupported-media-type', detail: mediaTypeFault };

  // Before a byte of it is read. A smaller one that is still too large is read to its end, so that the client is there
  // to hear the answer: one that is cut off while it sends may lose it.
  const patience = isBodyHeld(req) ? limit : limit + 100 * bodyLimit;
  const cutOff: ProblemReply = { ...bodyTooLarge(limit), headers: { Connection: 'close' } };
  if (Number(req.headers['content-length']) > patience) return cutOff;
  askForBody(req, res);
  const read = limit === bodyLimit ? readUsual : readerOf(limit);
  const tooMuch = {};
  const error = await new Promise<unknown>((resolve) => {
    // In chunks, it may have no end.
    let received = 0;
    req.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received > patience) resolve(tooMuch);
    });
    read(req, res, resolve);
  });
  if (error === tooMuch) return cutOff;
  if (error !== undefined) return problemOfReading(error, limit);

  const body: unknown = req.body;
  if (!Buffer.isBuffer(body) || body.length === 0) {
    return { problem: 'malformed-json', detail: 'The body is empty: send a JSON object.' };
  }
  const parsed = parseExactJson(body);
  if (parsed.ok) return { value: parsed.value };
  return { problem: 'malformed-json', detail: `The body cannot be used: ${parsed.fault}.` };
}

function faultOfMediaType(header: string | undefined): string | undefined {
  const advice = 'send it as "Content-Type: application/json"';
  if (header === undefined || header === '') return `The request does not say what its body is: ${advice}.`;
  const [mediaType = '', ...parameters] = header.split(';');
  if (mediaType.trim().toLowerCase() !== 'application/json') return `The body is not JSON: ${advice}.`;
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=');
    if (name.trim().toLowerCase() !== 'charset') continue;
    if (!/^(?:utf-?8|"utf-?8")$/i.test(value.trim())) return `The body is not in UTF-8: ${advice}, in UTF-8.`;
  }
  return undefined;
}

const bodyTooLarge = (limit: number): ProblemReply => ({
  problem: 'body-too-large',
  detail: `The body is larger than ${limit} bytes: send less.`,
});

const problemsOfReading: Partial<Record<string, ProblemReply>> = {
  'encoding.unsupported': {
    problem: 'unsupported-media-type',
    detail: 'The body is compressed: send it as it is.',
  },
  'request.aborted': {
    problem: 'malformed-request',
    detail: 'The body ended early: send all of it.',
  },
  'request.size.invalid': {
    problem: 'malformed-request',
    detail: 'The body is not as long as its Content-Length says: send as much as it says.',
  },
};

function problemOfReading(error: unknown, limit: number): ProblemReply {
  const { type = '' } = error as { type?: string };
  const problem = type === 'entity.too.large' ? bodyTooLarge(limit) : problemsOfReading[type];
  if (problem) return problem;
  throw error;
}
