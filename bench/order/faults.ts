export type Fault = 'cut' | 'kill';

/** In this order: ten cuts, five kills. */
export const faultPlan: readonly Fault[] = Array.from(
  { length: 5 },
  () => ['cut', 'kill', 'cut'] as const,
).flat();

export const planned = (fault: Fault) => faultPlan.filter((each) => each === fault).length;

/**
 * When what happens: the faults divide the run into equal stretches. Before fault `number` (from 0) `arrivals` messages
 * have arrived, and `written` may be written: half a stretch more, so that the fault finds messages on their way, and
 * that there are some for the time after it.
 */
export function stretch(number: number, messages: number): { arrivals: number; written: number } {
  const length = messages / (faultPlan.length + 1);
  return {
    arrivals: Math.round(length * (number + 1)),
    written: Math.min(messages, Math.round(length * (number + 1.5))),
  };
}
