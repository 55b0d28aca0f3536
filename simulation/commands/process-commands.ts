import fc from 'fast-check';
import type { SimulatedProcess } from '../time/simulated-process.ts';
import { relaySlots, workerSlots, type World } from '../world/world.ts';
import { Command } from './command.ts';

type Kind = 'relay' | 'worker';

const slots = { relay: fc.nat(relaySlots - 1), worker: fc.nat(workerSlots - 1) };
const ownerOf = (world: World, kind: Kind, slot: number) =>
  kind === 'relay' ? world.relays[slot] : world.workers[slot];
const processOf = (world: World, kind: Kind, slot: number): SimulatedProcess | undefined =>
  ownerOf(world, kind, slot)?.process;

/** What can be done to a process of this kind, if there is one in the slot that fits. */
function onProcess(
  kind: Kind,
  verb: string,
  fits: (process: SimulatedProcess) => boolean,
  run: (process: SimulatedProcess, world: World, slot: number) => void,
  details?: string,
) {
  return slots[kind].map(
    (slot) =>
      new Command({
        kind: `${verb} ${kind}`,
        details: `slot ${slot + 1}${details === undefined ? '' : `, ${details}`}`,
        possible: (world) => {
          const process = processOf(world, kind, slot);
          return process !== undefined && fits(process);
        },
        run: (world) => run(processOf(world, kind, slot)!, world, slot),
      }),
  );
}

/** A relay that is started beside a dead or a paused one takes over from it. */
export const start = (kind: Kind) =>
  slots[kind].map(
    (slot) =>
      new Command({
        kind: `start ${kind}`,
        details: `slot ${slot + 1}`,
        possible: (world) => !processOf(world, kind, slot)?.alive,
        run: (world) => (kind === 'relay' ? world.startRelay(slot) : world.startWorker(slot)),
      }),
  );

export const crash = (kind: Kind) =>
  fc.boolean().chain((lastWordsArrive) =>
    onProcess(
      kind,
      'crash',
      ({ alive }) => alive,
      (process) => process.kill({ lastWordsArrive }),
      lastWordsArrive ? 'what it had sent arrives' : 'what it had sent is lost',
    ),
  );

export const stop = (kind: Kind) =>
  onProcess(
    kind,
    'stop',
    ({ running }) => running,
    (_process, world, slot) => ownerOf(world, kind, slot)?.stop(),
  );

/** Shorter and longer than a lease; or until somebody resumes it. */
const pauses = fc.constantFrom(undefined, 300, 7_000, 12_000);
const pauseFor = (
  process: SimulatedProcess,
  { clock }: World,
  ms: number | undefined,
  how?: { machine: boolean },
) => {
  process.pause(how);
  if (ms !== undefined) clock.after(ms, () => process.resume());
};
const told = (ms: number | undefined) => (ms === undefined ? 'until it is resumed' : `for ${ms} ms`);

export const pause = (kind: Kind) =>
  pauses.chain((ms) =>
    onProcess(
      kind,
      'pause',
      ({ running }) => running,
      (process, world) => pauseFor(process, world, ms),
      told(ms),
    ),
  );

export const resume = (kind: Kind) =>
  onProcess(
    kind,
    'resume',
    ({ paused }) => paused,
    (process) => process.resume(),
  );

/** Its monotonic clock stands still; the wall clock goes on. */
export const suspendMachine = pauses.chain((ms) =>
  onProcess(
    'relay',
    'suspend the machine of',
    ({ running, wallIsRight }) => running && wallIsRight,
    (process, world) => pauseFor(process, world, ms, { machine: true }),
    told(ms),
  ),
);

export const setClock = fc.constantFrom(-3_600_000, 3_600_000).chain((offset) =>
  onProcess(
    'relay',
    'set the clock of',
    ({ alive, monotonicIsRight }) => alive && monotonicIsRight,
    (process) => process.setWallClock(offset),
    offset < 0 ? 'back' : 'forward',
  ),
);

/** Its connections to the broker break. What it had received and not acknowledged is delivered again. */
export const disconnect = (kind: Kind, verb: string) =>
  fc.tuple(fc.constantFrom(0, 1, 2, 100), fc.constantFrom(0, 300, 3_000)).chain(([arriving, tellAfterMs]) =>
    onProcess(
      kind,
      verb,
      ({ alive }) => alive,
      (process, world) => {
        for (const connection of world.broker.connectionsOf(process))
          connection.sever({ arriving, tellAfterMs });
      },
      `${arriving} of what it had sent arrive${tellAfterMs ? `, and it is told after ${tellAfterMs} ms` : ''}`,
    ),
  );
