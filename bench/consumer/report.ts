import { median, medianRate, medianRatio } from '../statistics.ts';
import { perSecond, table } from '../table.ts';
import { endToEndRatio, type ConsumerResult } from './result.ts';
import type { Scenario } from './scenarios.ts';

/** For people. */
export function report({ rounds, end_to_end }: ConsumerResult, measured: readonly Scenario[]): string {
  const lines = [
    table([
      ['', 'messages/s', 'to the limit'],
      ...measured.map(({ name, title }) => [
        title,
        perSecond(medianRate(rounds, name)),
        medianRatio(rounds, name, 'limit').toFixed(2),
      ]),
    ]),
    '',
    `This worker takes ${medianRatio(rounds, 'ours', 'textbook').toFixed(1)} times as many as the textbook consumer, with 10 customers ${medianRatio(rounds, 'ours-hot', 'textbook-hot').toFixed(1)} times.`,
    `Every event twice: ${medianRatio(rounds, 'ours-twice', 'ours').toFixed(2)} of the rate of events that come once.`,
  ];
  if (end_to_end.length > 0) {
    const rate = (of: 'relay' | 'worker' | 'both') => perSecond(median(end_to_end.map((each) => each[of])));
    lines.push(
      `End to end: relay alone ${rate('relay')}/s, worker alone ${rate('worker')}/s, both at once ${rate('both')}/s; that takes ${endToEndRatio(end_to_end).toFixed(2)} times as long as the slower of the two alone.`,
    );
  }
  return lines.join('\n');
}
