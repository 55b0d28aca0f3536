import { Registry } from 'prom-client';
import { requireBearerToken } from './bearer-token.ts';
import { createHttpApp, type HttpAppOptions } from './http-app.ts';
import { HttpServer } from './http-server.ts';

/** An API for operators and their programs: on a port of its own, and never without a token. None without `ADMIN_TOKEN`. */
export function createAdminServer(
  settings: { ADMIN_TOKEN?: string | undefined; ADMIN_HOST: string; ADMIN_PORT: number },
  options: Pick<HttpAppOptions, 'info' | 'routes' | 'checks' | 'logger'>,
): HttpServer | undefined {
  const { ADMIN_TOKEN: token, ADMIN_HOST: host, ADMIN_PORT: port } = settings;
  if (!token) return undefined;
  const logger = options.logger.child({ api: 'admin' });
  const app = createHttpApp({
    ...options,
    // Its own: the process's figures are on the process's port.
    metrics: new Registry(),
    logger,
    guard: requireBearerToken([{ client: 'operator', token }]),
  });
  return new HttpServer(app, { host, port, logger });
}
