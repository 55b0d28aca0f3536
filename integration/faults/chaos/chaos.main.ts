import { parseArgs } from 'node:util';
import { onServers } from '../on-servers.ts';
import { chaos } from './chaos.ts';
import { faultKinds } from './kinds.ts';
import { printReport } from './report.ts';

const usage = `Usage: npm run chaos -- [options]

Hurts a whole system in ${Object.keys(faultKinds).length} ways, over and over, while clients place orders with Idempotency-Keys and keep their own
log; then lets it come to rest, audits it, and holds it against the clients' log. On real servers, as in npm test.

  --minutes N     how long (default: 2)
  --rate N        orders a second (default: 20)
  --seed N        decides the order of the faults and what they hit; printed at the end, to do it again (default: the time)
  --only TEXT     only the kinds of fault whose name contains TEXT; --list names them all
  --each N        times that each kind of fault happens at the least, however long it takes (default: 1, and 5 from 30 minutes on)

Ends with 0 if nothing was lost, doubled, invented, out of order or stale, and everything that had to happen happened.
Goes on beyond its time, up to two rounds of all faults more than --each, when a redelivery, a duplicate, a return or a missing confirm has yet to come.`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    rate: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    each: { type: 'string' },
    only: { type: 'string', default: '' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const kinds = Object.keys(faultKinds).filter((kind) => kind.includes(values.only));
if (values.help || values.list) {
  console.log(values.help ? usage : kinds.join('\n'));
  process.exit(0);
}
const [minutes, rate, seed] = [Number(values.minutes), Number(values.rate), Number(values.seed)];
const each = Number(values.each ?? (minutes >= 30 ? 5 : 1));
if (
  kinds.length === 0 ||
  !(minutes > 0 && rate > 0 && rate <= 1_000 && Number.isInteger(seed) && Number.isInteger(each))
) {
  console.error(
    `--minutes and --rate take numbers above 0 (--rate up to 1000), --seed and --each whole ones, --only a part of a kind's name.\n\n${usage}`,
  );
  process.exit(2);
}

await onServers(async () => {
  console.log(`\nChaos for ${minutes} min at ${rate} orders/s, seed ${seed}`);
  try {
    const report = await chaos({
      minutes,
      rate,
      seed,
      each,
      kinds,
      onFault: ({ at, kind, detail, lastedMs, recoveryMs }) =>
        console.log(
          `${String(at).padStart(5)} s  ${kind}${detail === undefined ? '' : ` (${detail})`}: ${lastedMs} ms, counting again ${recoveryMs} ms after it`,
        ),
    });
    printReport(report);
    return report.void.length === 0;
  } finally {
    console.log(
      `\nTo do it again: npm run chaos -- --minutes ${minutes} --rate ${rate} --seed ${seed} --each ${each}${values.only && ` --only '${values.only}'`}`,
    );
  }
});
