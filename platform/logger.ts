import { pino, type Logger } from 'pino';

export type { Logger };

/**
 * JSON lines on stdout; on a terminal (or with `LOG_FORMAT=pretty`) the same, readable. An error is logged under `err`;
 * an event's id under `event_id`, from the request that caused it to the eviction that ends it.
 */
export function createLogger(options: {
  name: string;
  LOG_LEVEL: string;
  LOG_FORMAT: 'json' | 'pretty' | 'auto';
}): Logger {
  const pretty = options.LOG_FORMAT === 'pretty' || (options.LOG_FORMAT === 'auto' && process.stdout.isTTY);
  return pino({
    name: options.name,
    level: options.LOG_LEVEL,
    base: { pid: process.pid },
    redact: ['req.headers.authorization', 'req.headers.cookie'],
    ...(pretty
      ? {
          transport: {
            target: 'pino-pretty',
            options: { ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' },
          },
        }
      : {}),
  });
}
