import type { ProblemCode } from '@event-sync/contracts/problems.ts';
import express, {
  type Express,
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import helmet from 'helmet';
import type { Registry } from 'prom-client';
import { apiDocs } from './api-docs.ts';
import { describeError } from './described-error.ts';
import type { Check } from './health.ts';
import { versionNotSupported } from './http-server.ts';
import type { Logger } from './logger.ts';
import { openApiDocument, type ApiInfo } from './openapi.ts';
import { sendProblem, type ProblemReply } from './problem.ts';
import { contextOf, nameRoute, requestContext } from './request-context.ts';
import type { Route } from './route.ts';
import { systemRoutes } from './system-routes.ts';
import { isTransient } from './transient-error.ts';

export interface HttpAppOptions {
  readonly info: ApiInfo;
  readonly routes: readonly Route[];
  /** Asked by `/readyz`. */
  readonly checks: readonly Check[];
  readonly metrics: Registry;
  readonly logger: Logger;
  /** Further documents that programs read, by their paths: `/asyncapi.json`. */
  readonly documents?: Readonly<Record<`/${string}.json`, object>>;
  /** Asked for everything but `/up`: for an API that nobody else should even see. */
  readonly guard?: RequestHandler;
  /** Asked for `routes`, one after the other. Without them anybody may call. */
  readonly guards?: readonly RequestHandler[];
}

/** A REST service: its routes, what every service has beside them, and one shape for every error. */
export function createHttpApp(options: HttpAppOptions): Express {
  const { info, routes, checks, metrics, logger, guard } = options;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag'); // an ETag here is the version of a row, never a hash of a body
  app.set('query parser', false); // see query.ts
  // Express would answer 304 to `If-None-Match: *` on anything. What has an ETag decides by itself: see route.ts.
  Object.defineProperty(app.request, 'fresh', { value: false });
  app.enable('case sensitive routing');

  app.use(requestContext({ logger, metrics }));
  app.use(
    helmet({
      contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
      // Who speaks TLS decides about it; here it is plain HTTP.
      strictTransportSecurity: false,
    }),
  );
  app.use(refuseMalformedHead);
  if (guard) app.use((req, res, next) => (req.path === '/up' ? next() : guard(req, res, next)));
  // Of the server, and not of anything on it (RFC 9110, section 9.3.7): it is there, and that is all.
  app.use((req, res, next) =>
    req.method === 'OPTIONS' && req.url === '*' ? void res.status(204).end() : next(),
  );

  const all = [...routes, ...systemRoutes({ checks, metrics })];
  const document = openApiDocument(info, all);
  for (const [path, those] of Map.groupBy(all, (route) => route.path)) {
    const guards = those.some((route) => routes.includes(route)) ? (options.guards ?? []) : [];
    mount(app, path, new Map(those.map((route) => [route.method, route.handle])), guards);
  }
  for (const [path, content] of Object.entries({ '/openapi.json': document, ...options.documents })) {
    const text = Buffer.from(JSON.stringify(content));
    mount(
      app,
      path,
      new Map([['GET', (_req, res: Response) => void res.type('application/json').send(text)]]),
    );
  }
  const docs = apiDocs(document, '/openapi.json');
  app.use('/api-docs', (req, res, next) => {
    nameRoute(res, '/api-docs');
    if (req.method === 'GET' || req.method === 'HEAD') docs(req, res, next);
    else answerOtherMethod(req, res, ['GET', 'HEAD']);
  });

  app.use((req, res) => {
    const path = JSON.stringify(req.path.slice(0, 100));
    sendProblem(res, {
      problem: 'path-not-found',
      detail: `There is nothing at ${path}: see /api-docs for what there is.`,
    });
  });
  app.use(answerError);
  return app;
}

type Handle = (req: Request, res: Response) => Promise<void> | void;

/** One path with all its methods: `HEAD` where there is `GET`, `OPTIONS` everywhere, 405 for the rest. */
function mount(
  app: Express,
  path: string,
  handles: ReadonlyMap<string, Handle>,
  guards: readonly RequestHandler[] = [],
): void {
  const allowed = [...handles.keys()].flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  const name: RequestHandler = (_req, res, next) => {
    nameRoute(res, path);
    next();
  };
  const all = app.route(path).all(name);
  // Before the guards: it says no more than /openapi.json does, which is open too.
  all.options((req, res) => answerOtherMethod(req, res, allowed));
  all.all(...guards, async (req, res) => {
    const handle = handles.get(req.method === 'HEAD' ? 'GET' : req.method);
    if (handle) await handle(req, res);
    else answerOtherMethod(req, res, allowed);
  });
}

function answerOtherMethod(req: Request, res: Response, allowed: readonly string[]): void {
  const allow = [...allowed, 'OPTIONS'].join(', ');
  if (req.method === 'OPTIONS') {
    res.set('Allow', allow).status(204).end();
    return;
  }
  sendProblem(res, {
    problem: 'method-not-allowed',
    detail: `${req.method} is not possible here: use one of ${allow}.`,
    headers: { Allow: allow },
  });
}

/** As RFC 9110, section 7.2, has it; an empty one is allowed. */
const wellFormedHost = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(?::[0-9]*)?$/;

/** As they came: of several node keeps the first, and whoever stands before us may have gone by the last. */
const valuesOf = ({ rawHeaders }: Request, name: string): string[] =>
  rawHeaders.filter((_, at, all) => at % 2 === 1 && all[at - 1]!.toLowerCase() === name.toLowerCase());

function refuseMalformedHead(req: Request, res: Response, next: NextFunction): void {
  const refuse = (detail: string) => sendProblem(res, { problem: 'malformed-request', detail });
  // Node's parser takes 0.9 and 2.0 for versions that it speaks.
  if (req.httpVersionMajor !== 1) {
    sendProblem(res, { ...versionNotSupported, headers: { Connection: 'close' } });
    return;
  }
  const hosts = valuesOf(req, 'host');
  if (hosts.length === 0 && req.httpVersion === '1.1') {
    refuse('The request has no Host header, which HTTP/1.1 asks for: send one.');
    return;
  }
  if (hosts.length > 1 || !hosts.every((host) => wellFormedHost.test(host))) {
    refuse('The Host header is no name with a port or without, or there are several: send one.');
    return;
  }
  const twice = ['Content-Type', 'Authorization'].find((name) => valuesOf(req, name).length > 1);
  if (twice) {
    refuse(`There are several ${twice} headers: send one.`);
    return;
  }
  if (!/^(?:chunked)?$/i.test(req.headers['transfer-encoding']?.trim() ?? '')) {
    sendProblem(res, {
      problem: 'malformed-request',
      detail: 'No Transfer-Encoding but "chunked" is understood: send the body as it is.',
      headers: { Connection: 'close' },
    });
    return;
  }
  try {
    decodeURIComponent(req.path);
  } catch {
    refuse('The path holds a "%" that encodes no UTF-8: encode it as "%25".');
    return;
  }
  next();
}

/** Four parameters: by their number express tells an error handler from the rest. */
function answerError(error: unknown, req: Request, res: Response, next: NextFunction): void {
  const { log } = contextOf(res);
  if (res.headersSent) {
    log.error({ err: error }, 'an answer broke off: this is a defect');
    next(error);
    return;
  }
  const reply = replyTo(error, req.method);
  if (reply.problem === 'internal-error') log.error({ err: error }, 'a request failed: this is a defect');
  else if (reply.problem === 'temporarily-unavailable')
    log.warn({ reason: reasonOf(error) }, 'a dependency is away');
  sendProblem(res, reply);
}

function reasonOf(error: unknown): string {
  const { code = 'no code', message } = describeError(error);
  return `${code}: ${message}`;
}

function replyTo(error: unknown, method: string): ProblemReply {
  if (isTransient(error)) {
    const { nothingDone = method === 'GET' || method === 'HEAD' } = error as { nothingDone?: boolean };
    return {
      problem: 'temporarily-unavailable',
      detail: nothingDone
        ? 'The database does not answer in time. Nothing was changed: try again shortly.'
        : 'The database does not answer in time. What was sent may have been stored: look before you send it again.',
      headers: { 'Retry-After': '1' },
    };
  }
  // Errors of express and what it is built of (a file that is not there, say) carry the status to answer with.
  const problem: ProblemCode | undefined =
    problemOfStatus[(error as { status?: number } | undefined)?.status ?? 0];
  if (problem) {
    return { problem, detail: 'The request cannot be used as it is: see /api-docs for what can.' };
  }
  return {
    problem: 'internal-error',
    detail:
      'Something failed that should not have. It was logged under the id of this request: report that id.',
  };
}

const problemOfStatus: Partial<Record<number, ProblemCode>> = {
  400: 'malformed-request',
  403: 'path-not-found',
  404: 'path-not-found',
  412: 'precondition-failed',
  413: 'body-too-large',
  415: 'unsupported-media-type',
  416: 'range-not-satisfiable',
};
