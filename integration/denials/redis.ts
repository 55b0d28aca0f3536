import type { ServiceName } from '@event-sync/stack/services-environment.ts';

/** What Redis must refuse to each process, with NOPERM. */
export const forbiddenCommands: Partial<Record<ServiceName, readonly (readonly string[])[]>> = {
  orderService: [
    ['DEL', 'customer:1'],
    ['EVAL', "return redis.call('DEL', KEYS[1])", '1', 'customer:1'],
    ['GET', 'session:1'],
    ['SET', 'session:1', 'mine'],
    ['EVAL', "return redis.call('GET', KEYS[1])", '1', 'session:1'],
    ['KEYS', '*'],
    ['FLUSHALL'],
    ['CONFIG', 'GET', 'maxmemory'],
    ['ACL', 'LIST'],
  ],
  customerWeb: [
    ['SET', 'session:1', 'mine'],
    ['DEL', 'session:1'],
    ['SCAN', '0'],
    ['FLUSHDB'],
    ['CONFIG', 'SET', 'maxmemory', '1'],
    ['ACL', 'SETUSER', 'mine', 'on'],
    ['SCRIPT', 'FLUSH'],
    ['PUBLISH', 'mine', 'text'],
  ],
  customerWorker: [
    ['GET', 'session:1'],
    ['EXPIRE', 'customer:1', '1'],
    ['RENAME', 'customer:1', 'customer:2'],
    ['FLUSHDB'],
    ['CLIENT', 'LIST'],
    ['SHUTDOWN', 'NOSAVE'],
    ['REPLICAOF', 'elsewhere', '6379'],
    ['MONITOR'],
  ],
};
