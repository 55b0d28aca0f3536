import type { IncomingMessage, ServerResponse } from 'node:http';

const waiting = new WeakSet<IncomingMessage>();

/**
 * `Expect: 100-continue`: the client sends its body when it is asked for it. Node asks at once; here whoever reads the
 * body does, so that one that is refused by its head is never sent. If nobody asks, the connection ends with the answer:
 * the client may send the body all the same, and it must not be taken for the next request.
 */
export function holdBody(req: IncomingMessage, res: ServerResponse): void {
  waiting.add(req);
  res.setHeader('Connection', 'close');
}

/** Whether the client has not begun to send. */
export const isBodyHeld = (req: IncomingMessage): boolean => waiting.has(req);

export function askForBody(req: IncomingMessage, res: ServerResponse): void {
  if (!waiting.delete(req)) return;
  res.removeHeader('Connection');
  res.writeContinue();
}
