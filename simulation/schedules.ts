import fc from 'fast-check';
import type { Command } from './commands/command.ts';
import { schedules } from './commands/commands.ts';
import { play, playCommands, simplify, type Played } from './play.ts';

/** What schedules consisted of. */
export interface Tally {
  schedules: number;
  commands: number;
  happenings: number;
  simulatedMs: number;
  longestRestMs: number;
  byKind: Record<string, number>;
}

export const newTally = (): Tally => ({
  ...{ schedules: 0, commands: 0, happenings: 0, simulatedMs: 0, longestRestMs: 0, byKind: {} },
});

export interface Counterexample {
  /** The promise that was not kept, in words. */
  readonly broken: string;
  /** One line each. */
  readonly commands: readonly string[];
  /** The seed of chance in it; 0: none. */
  readonly chance: number;
  /** What happened in it. */
  readonly journal: readonly string[];
  /** Schedules until it was found, itself included. */
  readonly runs: number;
  /** To find it again. */
  readonly replay: { readonly seed: number; readonly path: string; readonly replay: string };
}

export interface SearchOptions {
  readonly seed: number;
  readonly runs: number;
  /** To play one again. */
  readonly path?: string | undefined;
  readonly replay?: string | undefined;
}

/** Plays schedules until one breaks a promise, and makes that one as short as it can. */
export async function search(options: SearchOptions, tally: Tally): Promise<Counterexample | undefined> {
  let last: { seed: number; played: Played } | undefined;
  const property = fc.asyncProperty(schedules(options.replay), async ([seed, commands]) => {
    const played = await play(seed, (playing) =>
      fc.asyncModelRun(() => ({ model: playing, real: playing }), commands),
    );
    count(played, tally);
    if (played.broken === undefined) return;
    // fast-check goes on from each schedule that fails, and from no other: the last one is the shortest.
    last = { seed, played };
    throw new Error(played.broken);
  });
  const { seed, path } = options;
  const details = await fc.check(property, {
    seed,
    numRuns: options.runs,
    // Short schedules and small numbers are not likelier to break a promise.
    unbiased: true,
    ...(path === undefined ? {} : { path }),
  });
  if (!details.failed || !last) return undefined;
  const shortest = (await simplify(last.seed, last.played.commands)) ?? last;
  const { journal } = await playCommands(shortest.seed, shortest.played.commands, { journal: true });
  const [, commands] = details.counterexample![0];
  return {
    broken: shortest.played.broken!,
    commands: shortest.played.commands.map((command: Command) => command.toString()),
    chance: shortest.seed,
    journal,
    runs: details.numRuns,
    replay: {
      seed,
      path: details.counterexamplePath!,
      replay: /replayPath="([^"]*)"/.exec((commands as { toString(): string }).toString())?.[1] ?? '',
    },
  };
}

function count({ commands, happenings, simulatedMs, restMs }: Played, tally: Tally): void {
  tally.schedules++;
  tally.commands += commands.length;
  tally.happenings += happenings;
  tally.simulatedMs += simulatedMs;
  tally.longestRestMs = Math.max(tally.longestRestMs, restMs);
  for (const { kind } of commands) tally.byKind[kind] = (tally.byKind[kind] ?? 0) + 1;
}
