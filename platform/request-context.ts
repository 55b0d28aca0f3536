import type { NextFunction, Request, Response } from 'express';
import { randomUUID } from 'node:crypto';
import { Histogram, type Registry } from 'prom-client';
import { clientOf } from './bearer-token.ts';
import type { Logger } from './logger.ts';

/** What a use case may want to know of the request that asks for it. */
export interface RequestContext {
  readonly requestId: string;
  /** Writes `request_id` with every line. */
  readonly log: Logger;
  /** W3C trace context of the caller, if it sent one that is well-formed. */
  readonly traceparent: string | undefined;
  /** The name of its token, where tokens are wanted. */
  readonly client: string | undefined;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

// Response, because that is the half that express hands to every later step, error handler included.
const contexts = new WeakMap<Response, RequestContext & { route: string }>();

export function contextOf(res: Response): RequestContext {
  const context = contexts.get(res);
  if (!context)
    throw new Error('this response has no context: requestContext() must come before every route');
  return context;
}

/** Names the route for the log line and the metrics: the pattern, never the path, which anybody can make up. */
export function nameRoute(res: Response, route: string): void {
  const context = contexts.get(res);
  if (context) context.route = route;
}

const sane = /^[A-Za-z0-9._~-]{1,128}$/;
const wellFormedTrace = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
/** Asked every few seconds by machines: not worth a line each. */
const quiet = new Set(['/up', '/readyz', '/metrics']);

/**
 * Gives every request an id (the caller's `X-Request-Id` if it is sane), answers with it, and writes one line and one
 * sample when it is done. Bodies, headers and queries are never logged: they are other people's data.
 */
export function requestContext({ logger, metrics }: { logger: Logger; metrics: Registry }) {
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the request head to the end of the answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [metrics],
  });

  return (req: Request, res: Response, next: NextFunction): void => {
    const started = performance.now();
    const given = req.get('x-request-id');
    const requestId = given !== undefined && sane.test(given) ? given : randomUUID();
    const trace = req.get('traceparent');
    let gone: AbortController | undefined;
    const context = {
      requestId,
      log: logger.child({ request_id: requestId }),
      traceparent: trace !== undefined && wellFormedTrace.test(trace) ? trace : undefined,
      route: 'unmatched',
      get client() {
        return clientOf(req);
      },
      // Made for those who ask for it: few do, and it costs more than the rest of this.
      get signal() {
        gone ??= new AbortController();
        if (res.closed) gone.abort();
        return gone.signal;
      },
    };
    contexts.set(res, context);
    const path = req.path.slice(0, 200); // now: express changes it under a mounted router
    res.set('X-Request-Id', requestId);

    res.once('close', () => {
      gone?.abort();
      const seconds = (performance.now() - started) / 1000;
      const answered = res.writableFinished;
      const { route } = context;
      duration.observe({ method: req.method, route, status: answered ? res.statusCode : 'aborted' }, seconds);
      const line = {
        method: req.method,
        path,
        status: res.statusCode,
        ms: Math.round(seconds * 1e4) / 10,
      };
      if (!answered) context.log.warn(line, 'the client went away before it was answered');
      else if (quiet.has(route) && res.statusCode < 500) context.log.debug(line, 'request');
      else context.log.info(line, 'request');
    });
    next();
  };
}
