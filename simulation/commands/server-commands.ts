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

const statements = {
  'orders database': ['pass', 'fetch', 'settle', 'park', 'postpone', 'heartbeat', 'renew', 'take', 'release'],
  'customers database': ['statement', 'commit'],
  redis: ['get', 'fill', 'evict'],
} as const;
const named = name.chain((server) =>
  fc
    .constantFrom<(string | undefined)[]>(undefined, ...statements[server])
    .map((statement) => [server, statement] as const),
);

/** After it was done: the answer is lost, and nobody knows whether it was done. */
export const statementFault = fc
  .tuple(named, fc.constantFrom('before' as const, 'after' as const))
  .map(([[server, statement], when]) =>
    onServer(
      'break a connection to',
      server,
      `${when} the next ${statement ?? 'statement, whichever it is'}`,
      (at) => at.failNext({ when, name: statement }),
    ),
  );

export const slowServer = fc
  .tuple(name, fc.constantFrom(20, 400, 2_500))
  .map(([server, ms]) =>
    onServer('slow down', server, `by ${ms} ms, for 3000 ms`, (at) => at.slowDown(3_000, ms)),
  );

const customer = fc.constantFrom(...customers);

/** What is about this customer cannot be counted, however often it is tried: its events are found out and put aside. */
export const refuseCustomer = fc.tuple(customer, fc.constantFrom(5, 1_500, 6_000)).map(
  ([id, ms]) =>
    new Command({
      kind: 'refuse in the customers database',
      details: `customer ${id}, for ${ms} ms`,
      run: ({ clock, customers: { refused } }) => {
        refused.add(`customer ${id}`);
        clock.after(ms, () => refused.delete(`customer ${id}`));
      },
    }),
);

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
