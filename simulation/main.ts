import { Worker } from 'node:worker_threads';
import { largestSeed, parseOptions, usage, type Options } from './options.ts';
import { add, progress, summary, told } from './report.ts';
import { newTally, type Counterexample, type SearchOptions } from './schedules.ts';
import type { Searched } from './thread.main.ts';

/** `npm run simulate` */

/** Schedules that a thread plays at a time; each such stretch has a seed of its own, one more than that before it. */
const stretch = 250;
const tellEveryMs = 5_000;

let options: Options;
try {
  const parsed = parseOptions(process.argv.slice(2));
  if (parsed === 'help') {
    console.log(usage);
    process.exit(0);
  }
  options = parsed;
} catch (error) {
  console.error(`${(error as Error).message}\n\n${usage}`);
  process.exit(2);
}

const { seed, path, replay } = options;
const tally = newTally();
const began = performance.now();
const seconds = () => (performance.now() - began) / 1_000;
let next = 0;
let counterexample: Counterexample | undefined;
let wanted = true;
process.once('SIGINT', () => (wanted = false));
const telling = setInterval(() => console.log(progress(tally, seconds())), tellEveryMs);

/** What is to be searched next; undefined when time is up. */
function more(): SearchOptions | undefined {
  if (path !== undefined) return next++ === 0 ? { seed, runs: 1, path, replay } : undefined;
  if (!wanted || counterexample || seconds() > options.minutes * 60) return undefined;
  return { seed: (seed + next++) % largestSeed, runs: stretch };
}

async function search(): Promise<void> {
  const thread = new Worker(new URL('./thread.main.ts', import.meta.url));
  for (let task = more(); task; task = more()) {
    const { promise, resolve, reject } = Promise.withResolvers<Searched>();
    thread.once('message', resolve);
    // An error that nobody handled in the code of the system: no schedule is to blame for certain, but these were played.
    thread.once('error', (error) => reject(new Error(`with seed ${task.seed}`, { cause: error })));
    thread.postMessage(task);
    const searched = await promise;
    thread.removeAllListeners('error');
    add(tally, searched.tally);
    counterexample ??= searched.counterexample;
  }
  await thread.terminate();
}

await Promise.all(Array.from({ length: path === undefined ? options.threads : 1 }, search));
clearInterval(telling);
console.log(summary(tally, { seed, seconds: seconds() }));
console.log(counterexample ? `\n${told(counterexample)}` : '0 counterexamples');
process.exitCode = counterexample ? 1 : 0;
