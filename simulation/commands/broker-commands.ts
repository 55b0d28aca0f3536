import fc from 'fast-check';
import { relaySlots, type World } from '../world/world.ts';
import type { SimulatedConnection } from '../servers/broker-connection.ts';
import { Command } from './command.ts';

const forMs = fc.constantFrom(5, 100, 1_500, 6_000);

function forAWhile(kind: string, begin: (world: World) => void, end: (world: World) => void) {
  return forMs.map(
    (ms) =>
      new Command({
        kind,
        details: `for ${ms} ms`,
        run: (world) => {
          begin(world);
          world.clock.after(ms, () => end(world));
        },
      }),
  );
}

/** Messages that arrive while it lasts come back to their relay. */
export const unbind = forAWhile(
  'return messages',
  ({ broker }) => (broker.bound = false),
  ({ broker }) => (broker.bound = true),
);

export const deleteExchange = forAWhile(
  'delete the exchange',
  ({ broker }) => (broker.exchangeExists = false),
  ({ broker }) => (broker.exchangeExists = true),
);

export const nack = fc.constantFrom(1, 2, 5).map(
  (count) =>
    new Command({
      kind: 'nack',
      details: `the next ${count}`,
      run: ({ broker }) => void (broker.refusals = count),
    }),
);

/** The broker closes the channel over it, each time, until it is parked. */
export const tooLarge = fc.nat(3).map(
  (index) =>
    new Command({
      kind: 'an event is too large',
      details: `number ${index + 1} in the outbox`,
      possible: ({ orders }) => orders.rows.size > index,
      run: ({ orders, broker }) => void broker.tooLarge.add([...orders.rows.values()][index]!.event_id),
    }),
);

export const brokerDown = fc.tuple(forMs, fc.constantFrom(0, 1, 100)).map(
  ([ms, arriving]) =>
    new Command({
      kind: 'stop the broker',
      details: `for ${ms} ms; ${arriving} of what was sent arrive`,
      run: ({ broker }) => broker.goDown(ms, arriving),
    }),
);

function onConnection(kind: string, details: string, run: (connection: SimulatedConnection) => void) {
  const connectionOf = (world: World, slot: number) => {
    const process = world.relays[slot]?.process;
    return process?.alive ? world.broker.connectionsOf(process)[0] : undefined;
  };
  return fc.nat(relaySlots - 1).map(
    (slot) =>
      new Command({
        kind,
        details: `relay in slot ${slot + 1}${details}`,
        possible: (world) => connectionOf(world, slot) !== undefined,
        run: (world) => run(connectionOf(world, slot)!),
      }),
  );
}

const delays = fc.constantFrom(50, 1_000, 8_000);

export const lateConfirm = delays.chain((ms) =>
  onConnection('late confirm', `, by ${ms} ms`, (connection) =>
    connection.stall({ sending: 0, hearing: ms }),
  ),
);

export const lateArrival = delays.chain((ms) =>
  onConnection('late arrival', `, by ${ms} ms`, (connection) =>
    connection.stall({ sending: ms, hearing: 0 }),
  ),
);

export const loseConfirms = onConnection('lose confirms', '', (connection) => connection.mute());
