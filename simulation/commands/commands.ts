import fc from 'fast-check';
import * as broker from './broker-commands.ts';
import type { Command } from './command.ts';
import * as orders from './order-commands.ts';
import * as processes from './process-commands.ts';
import * as servers from './server-commands.ts';

/** How often each is drawn, beside the others. */
const weighted: readonly (readonly [number, fc.Arbitrary<Command>])[] = [
  [30, orders.wait],
  [18, orders.order],
  [4, orders.manyOrders],
  [4, orders.begin],
  [4, orders.lateCommit],
  [1, orders.rollback],
  [1, orders.loseHints],
  [3, processes.crash('relay')],
  [5, processes.start('relay')],
  [1, processes.stop('relay')],
  [5, processes.pause('relay')],
  [3, processes.resume('relay')],
  [2, processes.suspendMachine],
  [2, processes.setClock],
  [3, processes.disconnect('relay', 'close the channel of')],
  [2, broker.unbind],
  [1, broker.deleteExchange],
  [2, broker.nack],
  [1, broker.tooLarge],
  [1, broker.brokerDown],
  [2, broker.lateConfirm],
  [1, broker.lateArrival],
  [1, broker.loseConfirms],
  [3, processes.crash('worker')],
  [4, processes.start('worker')],
  [1, processes.stop('worker')],
  [2, processes.pause('worker')],
  [2, processes.resume('worker')],
  [3, processes.disconnect('worker', 'redeliver from')],
  [2, servers.serverDown],
  [5, servers.statementFault],
  [2, servers.slowServer],
  [1, servers.refuseCustomer],
  [6, servers.show],
  [3, servers.put],
  [1, servers.crashWeb],
];

export const maxCommands = 50;

/** A schedule: the seed of chance (0: none), and what happens. */
export const schedules = (replayPath?: string) =>
  fc.tuple(
    fc.nat(2 ** 31 - 1),
    fc.commands([fc.oneof(...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary })))], {
      maxCommands,
      size: 'max',
      ...(replayPath === undefined ? {} : { replayPath }),
    }),
  );
