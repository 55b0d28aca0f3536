import { parentPort } from 'node:worker_threads';
import { newTally, search, type Counterexample, type SearchOptions, type Tally } from './schedules.ts';

/** What a thread answers to `SearchOptions`. */
export interface Searched {
  readonly tally: Tally;
  readonly counterexample: Counterexample | undefined;
}

const main = parentPort!;
main.on('message', (options: SearchOptions) => {
  const tally = newTally();
  void search(options, tally).then((counterexample) =>
    main.postMessage({ tally, counterexample } satisfies Searched),
  );
});
