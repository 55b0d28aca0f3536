import type { Counterexample, Tally } from './schedules.ts';

export function add(total: Tally, { byKind, longestRestMs, ...counts }: Tally): void {
  for (const name of ['schedules', 'commands', 'happenings', 'simulatedMs'] as const)
    total[name] += counts[name];
  total.longestRestMs = Math.max(total.longestRestMs, longestRestMs);
  for (const [kind, count] of Object.entries(byKind)) total.byKind[kind] = (total.byKind[kind] ?? 0) + count;
}

const figure = (value: number) => Math.round(value).toLocaleString('en');

export const progress = ({ schedules, commands }: Tally, seconds: number): string =>
  `${figure(seconds)} s: ${figure(schedules)} schedules, ${figure(commands)} commands, ${figure((schedules / seconds) * 60)} schedules a minute`;

export function summary(tally: Tally, { seed, seconds }: { seed: number; seconds: number }): string {
  const kinds = Object.entries(tally.byKind).sort(([, one], [, other]) => other - one);
  const width = Math.max(...kinds.map(([kind]) => kind.length));
  return [
    ...kinds.map(([kind, count]) => `  ${kind.padEnd(width)}  ${figure(count).padStart(11)}`),
    '',
    `${figure(tally.schedules)} schedules (${figure((tally.schedules / seconds) * 60)} a minute), ${figure(tally.commands)} commands, ` +
      `${figure(tally.happenings)} timers and arrivals, ${figure(tally.simulatedMs / 3_600_000)} simulated hours, seed ${seed}`,
    `longest time from healed to at rest: ${(tally.longestRestMs / 1_000).toFixed(1)} simulated seconds`,
  ].join('\n');
}

/** What is shown of the end of the journal. */
const journalLines = 60;

export function told(counterexample: Counterexample): string {
  const { broken, commands, chance, journal, replay } = counterexample;
  const shown = journal.slice(-journalLines);
  return [
    `A promise was broken: ${broken}`,
    '',
    `by ${commands.length} commands${chance === 0 ? '' : `, with chance ${chance}`}, and then healing everything:`,
    ...commands.map((command, index) => `  ${String(index + 1).padStart(2)}. ${command}`),
    '',
    shown.length < journal.length ? `The last ${shown.length} things that happened:` : 'What happened:',
    ...shown,
    '',
    'Again:',
    `  npm run simulate -- --seed ${replay.seed} --path ${replay.path} --replay ${replay.replay}`,
  ].join('\n');
}
