import { Redis } from 'ioredis';
import { Breaker, type BreakerOptions } from './breaker.ts';
import type { Component } from './lifecycle.ts';
import type { Logger } from './logger.ts';

export type { Redis };

/** Of commands that fail, or take too long, one after the other; and how long Redis is not asked then. */
const breakerLimits = { name: 'redis', failures: 3, pauseMs: 1_000 };

export const redisBreaker = (options: Pick<BreakerOptions, 'logger' | 'metrics'>) =>
  new Breaker({ ...breakerLimits, ...options });

/** Milliseconds that one command may take before its caller goes on without Redis. */
const commandTimeoutMs = 250;

/**
 * A client that fails fast: no queue while offline, no retry of a command, a bounded time for each. The cache is a
 * shortcut; whoever asks must be able to go on without it at once. Reconnects by itself, at most a second apart.
 */
export function createRedis(
  url: string,
  {
    logger,
    name,
    timeoutMs = commandTimeoutMs,
  }: {
    logger: Logger;
    name: string;
    /** Another, for a program that has no way on without Redis. */
    timeoutMs?: number;
  },
): Redis {
  const redis = new Redis(url, {
    connectionName: name,
    // CLIENT SETINFO is of Redis 7.2: an ACL that allows it cannot be loaded by an older one.
    disableClientInfo: true,
    lazyConnect: true,
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 1_000,
    commandTimeout: timeoutMs,
    // A master that was demoted keeps its connections: the name may lead to the new one.
    reconnectOnError: ({ message }) => message.startsWith('READONLY'),
    retryStrategy: (attempt) => Math.min(attempt * 100, 1_000),
  });
  let reachable: boolean | undefined;
  redis.on('ready', () => {
    if (reachable === false) logger.info('redis is back');
    reachable = true;
  });
  redis.on('error', (error: Error) => {
    if (reachable !== false)
      logger.warn({ err: error }, 'redis cannot be reached: going on without the cache');
    reachable = false;
  });
  return redis;
}

export function redisComponent(redis: Redis): Component {
  let started = false;
  return {
    name: 'redis',
    start: async () => {
      if (started) return;
      started = true;
      // Not waited for: a service starts while Redis is away, and the client keeps trying.
      redis.connect().catch(() => {});
    },
    stop: async () => redis.disconnect(),
  };
}
