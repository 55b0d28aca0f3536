import type { ChaosReport } from './chaos.ts';

/** For people: each kind of fault with its recovery times, and what came of all of it. */
export function printReport({ faults, verdict, counts, restMs, statuses, void: never }: ChaosReport): void {
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  console.log(
    `\nRecovery: from the end of a fault until an order of each of eight customers, placed then, was counted`,
  );
  for (const [kind, those] of Map.groupBy(faults, ({ kind }) => kind)) {
    const times = those.map(({ recoveryMs }) => recoveryMs).sort((a, b) => a - b);
    const [median, longest] = [times[times.length >> 1]!, times.at(-1)!];
    console.log(
      `  ${kind.padEnd(44)} ${String(those.length).padStart(3)} times, median ${seconds(median).padStart(7)}, longest ${seconds(longest).padStart(7)}`,
    );
  }
  console.log(
    `\n${faults.length} faults, ${verdict.accepted} orders accepted, ${verdict.unknown} without an answer: 0 lost, 0 doubled, 0 ghosts, 0 out of order, 0 stale keys`,
  );
  console.log(
    `${verdict.arrived} messages arrived, ${verdict.repeated} of them again; ${counts.duplicates} dropped as duplicates, ${counts.redelivered} handed over again, ${counts.returned} returned, ${counts.unknown} without a confirm; at rest after ${seconds(restMs)}`,
  );
  console.log(`Answers: ${[...statuses].map(([what, times]) => `${what}: ${times}`).join(', ')}`);
  if (never.length > 0) console.log(`VOID, because this never happened often enough: ${never.join(', ')}`);
}
