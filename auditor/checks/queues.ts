import { deadLetterQueue } from '@event-sync/contracts/topology.ts';
import type { Findings } from '../findings.ts';
import type { Queues } from '../queues/queues.ts';

/** Names what is in the queues, and each dead letter. */
export function checkQueues(
  { ready, deadLetters }: Queues,
  options: {
    /** On a live system messages are under way; only those that should have been applied by now are a difference. */
    live: boolean;
    /** Events that are older than the horizon, not applied, and as many as the queues hold. */
    late: number;
    /** Ids of dead letters that were named already. */
    named: ReadonlySet<string>;
    findings: Findings;
  },
): void {
  const { findings } = options;
  for (const [queue, messages] of ready) {
    if (messages === undefined)
      findings.add({
        kind: 'queue-missing',
        of: { queue },
        what: 'The queue does not exist.',
        advice: 'The worker declares it when it starts: start it once.',
      });
    else if (messages > 0 && queue !== deadLetterQueue && (!options.live || options.late > 0))
      findings.add({
        kind: 'queue-not-empty',
        of: { queue },
        what: `${messages} ${messages === 1 ? 'message is' : 'messages are'} ready; ${options.late} published ${options.late === 1 ? 'event is' : 'events are'} not applied.`,
        advice: 'Is a worker running, and its database there? When it has caught up, audit again.',
      });
  }
  for (const { id, order, customer, reason } of deadLetters) {
    if (id !== undefined && options.named.has(id)) continue;
    findings.add({
      kind: 'dead-letter',
      of: {
        ...(id === undefined ? {} : { event: id }),
        ...(order === undefined ? {} : { order }),
        ...(customer === undefined ? {} : { customer }),
        queue: deadLetterQueue,
      },
      what: `The message could not be applied (${reason}), and is not counted.`,
      advice: `npm run dead-letters -- ${id === undefined ? 'list' : `show ${id}`} says why; then replay it, or discard it.`,
    });
  }
}
