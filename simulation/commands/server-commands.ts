import fc from 'fast-check';
import type { Server } from '../servers/server.ts';
import { customers, type World } from '../world/world.ts';
import { Command } from './command.ts';

const servers = {
  'orders database': ({ orders }: World) => orders.server,
  'customers database': ({ customers: database }: World) => database.server,
  redis: ({ cache }: World) => cache.server,
} as const;
type Name = keyof typeof servers;

const name = fc.constantFrom(...(Object.keys(servers) as Name[]));

const onServer = (kind: string, server: Name, details: string, run: (server: Server) => void) =>
  new Command({ kind: `${kind} ${server}`, details, run: (world) => run(servers[server](world)) });

export const serverDown = fc
  .tuple(name, fc.constantFrom(5, 300, 3_000, 9_000))
  .map(([server, ms]) => onServer('stop', server, `for ${ms} ms`, (at) => at.goDown(ms)));

/** After it was done: the answer is lost, and nobody knows whether it was done. */
export const statementFault = fc
  .tuple(name, fc.constantFrom('before' as const, 'after' as const), fc.integer({ min: 1, max: 3 }))
  .map(([server, fault, times]) =>
    onServer('break a connection to', server, `${fault} the statement, ${times} times`, (at) =>
      at.fail(fault, times),
    ),
  );

export const slowServer = fc
  .tuple(name, fc.constantFrom(20, 400, 2_500))
  .map(([server, ms]) =>
    onServer('slow down', server, `by ${ms} ms, for 3000 ms`, (at) => at.slowDown(3_000, ms)),
  );

const customer = fc.constantFrom(...customers);

/** Through the cache: who misses brings the row that it has read, early or late. */
export const show = fc.tuple(customer, fc.constantFrom(0, 0, 30, 1_000)).map(
  ([id, stall]) =>
    new Command({
      kind: 'show customer',
      details: `${id}${stall ? `, caching it ${stall} ms late` : ''}`,
      run: ({ cache, web }) => {
        if (stall) cache.stallNextFill(stall);
        web.show(id);
      },
    }),
);

export const put = customer.map(
  (id) => new Command({ kind: 'put customer', details: id, run: ({ web }) => web.put(id) }),
);

export const crashWeb = fc.constant(
  new Command({ kind: 'crash the customer service', run: (world) => world.killWeb() }),
);
