import { pino, type LogFn, type Logger } from 'pino';
import { describeError } from './described-error.ts';

export type { Logger };

/**
 * JSON lines on stdout; on a terminal (or with `LOG_FORMAT=pretty`) the same, readable. An error is logged under `err`, with
 * its stack from `error` on, where it may be a defect, and never with a statement or a row in it; an event's id under `event_id`, from the request that caused it to the eviction that ends it.
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
    hooks: { logMethod: describeErrors },
    // The hook has described it: pino's own would take it for an error, and call it an Object.
    serializers: { err: (described: unknown) => described },
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

function describeErrors(this: Logger, parameters: Parameters<LogFn>, log: LogFn, level: number): void {
  const [fields] = parameters as [unknown];
  if (typeof fields === 'object' && fields !== null && 'err' in fields)
    parameters[0] = { ...fields, err: describeError(fields.err, { stack: level >= errorLevel }) };
  log.apply(this, parameters);
}

/** Of pino: warn is 40, fatal 60. */
const errorLevel = 50;
