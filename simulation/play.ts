import type { Command, Playing } from './commands/command.ts';
import { Violation } from './invariants/promises.ts';
import { healAndAudit } from './world/heal.ts';
import { World } from './world/world.ts';

/** What came of a schedule. */
export interface Played {
  /** The promise that was not kept, in words; undefined where all were. */
  readonly broken: string | undefined;
  /** The commands that were possible, in their order. */
  readonly commands: readonly Command[];
  /** What happened: timers, arrivals, answers. */
  readonly happenings: number;
  readonly simulatedMs: number;
  /** Until the healed system was at rest. */
  readonly restMs: number;
  /** What happened, if it was asked for. */
  readonly journal: readonly string[];
}

/** Plays a schedule on a new system with one relay and one worker, heals it and audits it. */
export async function play(
  seed: number,
  perform: (playing: Playing) => Promise<void>,
  options: { journal?: boolean } = {},
): Promise<Played> {
  const world = new World(seed, options);
  const played: Command[] = [];
  let broken: string | undefined;
  let restMs = 0;
  try {
    world.startRelay(0);
    world.startWorker(0);
    await world.advance(20);
    await perform({ world, played });
    restMs = await healAndAudit(world);
  } catch (error) {
    broken =
      error instanceof Violation
        ? error.message
        : `the code of the system threw ${error instanceof Error ? error.stack : String(error)}`;
  }
  world.end();
  const { happened: happenings, now: simulatedMs } = world.clock;
  const { lines: journal } = world.journal;
  return { broken, commands: played, happenings, simulatedMs, restMs, journal };
}

export const playCommands = (
  seed: number,
  commands: readonly Command[],
  options?: { journal?: boolean },
): Promise<Played> =>
  play(
    seed,
    async (playing) => {
      for (const command of commands) if (command.check(playing)) await command.run(playing);
    },
    options,
  );

/**
 * Leaves out every command without which a promise is still broken, and chance if it is. fast-check shrinks a schedule
 * from its ends, and commands in the middle stay.
 */
export async function simplify(
  seed: number,
  commands: readonly Command[],
): Promise<{ seed: number; played: Played } | undefined> {
  let best: { seed: number; played: Played } | undefined;
  const attempt = async (chance: number, shorter: readonly Command[]) => {
    const played = await playCommands(chance, shorter);
    if (played.broken === undefined) return false;
    best = { seed: chance, played };
    return true;
  };
  if (!(await attempt(0, commands)) && !(await attempt(seed, commands))) return undefined;
  for (let length = Infinity; best!.played.commands.length < length;) {
    length = best!.played.commands.length;
    for (const size of [4, 2, 1]) {
      for (let start = best!.played.commands.length - size; start >= 0; start--)
        await attempt(best!.seed, best!.played.commands.toSpliced(start, size));
    }
    if (best!.seed !== 0) await attempt(0, best!.played.commands);
  }
  return best;
}
