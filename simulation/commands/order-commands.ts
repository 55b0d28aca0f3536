import fc from 'fast-check';
import { customers, type World } from '../world/world.ts';
import { Command } from './command.ts';

const customer = fc.constantFrom(...customers);
const nth = fc.nat(2);

/** Time goes by: the only command in which something happens by itself. */
export const wait = fc
  .constantFrom(1, 3, 10, 40, 150, 600, 2_500, 7_000)
  .map((ms) => new Command({ kind: 'wait', details: `${ms} ms`, run: (world) => world.advance(ms) }));

/** An order's transaction, begun and committed. */
export const order = customer.map(
  (id) =>
    new Command({
      kind: 'order',
      details: `customer ${id}`,
      possible: ({ orders }) => !orders.isLocked(id),
      run: (world) => {
        world.orders.end(world.orders.begin(id), 'committed');
        hint(world);
      },
    }),
);

/** So many that they are not all in one fetch. */
export const manyOrders = fc.array(customer, { minLength: 2, maxLength: 9, size: 'max' }).map(
  (ids) =>
    new Command({
      kind: 'many orders',
      details: `customers ${ids.join(' ')}`,
      possible: ({ orders }) => ids.every((id) => !orders.isLocked(id)),
      run: (world) => {
        for (const id of ids) world.orders.end(world.orders.begin(id), 'committed');
        hint(world);
      },
    }),
);

/** Draws its position now and commits later, or never. */
export const begin = customer.map(
  (id) =>
    new Command({
      kind: 'begin order',
      details: `customer ${id}`,
      possible: ({ orders }) => !orders.isLocked(id),
      run: ({ orders }) => void orders.begin(id),
    }),
);

const ending = (kind: string, how: 'committed' | 'rolled-back') =>
  nth.map(
    (index) =>
      new Command({
        kind,
        details: `number ${index + 1} of the open ones`,
        possible: ({ orders }) => orders.open.length > index,
        run: (world) => {
          world.orders.end(world.orders.open[index]!, how);
          hint(world);
        },
      }),
  );

export const lateCommit = ending('late commit', 'committed');
export const rollback = ending('roll back', 'rolled-back');

/** The notification after a commit. It can get lost: the relay polls. */
function hint(world: World): void {
  world.clock.after(1, () => {
    if (world.hintsArrive) for (const relay of world.relays) relay?.hint();
  });
}

export const loseHints = fc.constant(
  new Command({
    kind: 'lose hints',
    possible: ({ hintsArrive }) => hintsArrive,
    run: (world) => void (world.hintsArrive = false),
  }),
);
