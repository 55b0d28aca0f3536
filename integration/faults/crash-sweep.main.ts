import { parseArgs } from 'node:util';
import { World } from '../world/world.ts';
import { crashPoints } from './crash-points.ts';
import { CrashSweep } from './crash-sweep.ts';
import { onServers } from './on-servers.ts';

const usage = `Usage: npm run sweep -- [options]

Kills a process with SIGKILL at each step of the pipeline, under load, one after the other: load, kill, restart, rest,
audit. On real servers, as in npm test. The same seed kills at the same passing of each step.

  --seeds N       how often each step is tried, each time at another passing (default: 5)
  --seed N        the first seed (default: 1)
  --only TEXT     only steps whose process or name contains TEXT
  --list          prints the steps, and ends`;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const titleOf = ({ process, name }: { process: string; name: string }) => `${process} at ${name}`;
const points = crashPoints.filter((point) => titleOf(point).includes(values.only));
const [seeds, firstSeed] = [Number(values.seeds), Number(values.seed)];
if (values.help || values.list) {
  console.log(values.help ? usage : points.map(titleOf).join('\n'));
  process.exit(0);
}
if (!(Number.isInteger(seeds) && seeds > 0 && Number.isInteger(firstSeed)) || points.length === 0) {
  console.error(`--seeds and --seed take whole numbers, and --only a part of a step's name.\n\n${usage}`);
  process.exit(2);
}

await onServers(async () => {
  let world: World | undefined;
  let sweep: CrashSweep | undefined;
  const failed: string[] = [];
  const total = { accepted: 0, unknown: 0, arrived: 0, repeated: 0 };
  const [all, startedAt] = [points.length * seeds, performance.now()];
  let tried = 0;
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    for (const point of points) {
      const title = `${String(++tried).padStart(String(all).length)}/${all} seed ${seed}: ${titleOf(point)}`;
      const since = performance.now();
      try {
        world ??= await World.create();
        if (!sweep) await (sweep = new CrashSweep(world, { waitForLeases: true })).start();
        const { crashes, verdict } = await sweep.crash([point], seed);
        for (const what of Object.keys(total) as (keyof typeof total)[]) total[what] += verdict[what];
        const took = ((performance.now() - since) / 1_000).toFixed(1);
        const { accepted, unknown, arrived, repeated } = verdict;
        console.log(
          `${title}, passing ${crashes[0]!.hit}: clean. ${accepted} accepted, ${unknown} without an answer, ${arrived} arrived, ${repeated} of them again; ${took} s`,
        );
      } catch (error) {
        failed.push(`seed ${seed}: ${titleOf(point)}`);
        console.log(`${title}: ${(error as Error).message}`);
        await world?.destroy();
        world = sweep = undefined;
      }
    }
  }
  await world?.destroy();
  const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
  console.log(
    `\n${tried} crashes, ${tried - failed.length} clean, in ${minutes} min: ${total.accepted} orders accepted, ${total.unknown} without an answer, ${total.arrived} messages arrived, ${total.repeated} of them again`,
  );
  for (const title of failed) console.log(`not clean: ${title}`);
  return failed.length === 0;
});
