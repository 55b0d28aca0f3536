import { parseArgs } from 'node:util';
import { onServers } from '../on-servers.ts';
import { largeAudit } from './large-audit.ts';

/** Above what the audit of an empty system takes, in MiB. */
const growthLimitMiB = 100;

const usage = `Usage: npm run audit:large -- [options]

Makes a system with many orders, all of them published, applied and their customers cached, and audits it with the heap
that docker-compose.yml gives the auditor. On real servers, as in npm test.

  --orders N      how many (default: 1000000)
  --customers N   of how many customers (default: 10000)
  --lost N        of how many orders the event was published and never applied (default: 0)

Ends with 0 if the audit named what was lost, nothing else, and took at most ${growthLimitMiB} MiB more than for an empty system.`;

const { values } = parseArgs({
  options: {
    orders: { type: 'string', default: '1000000' },
    customers: { type: 'string', default: '10000' },
    lost: { type: 'string', default: '0' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const [orders, customers, lost] = [Number(values.orders), Number(values.customers), Number(values.lost)];
if (
  ![orders, customers, lost].every(Number.isInteger) ||
  !(customers > 0 && customers <= orders && lost >= 0 && lost <= orders && orders <= 10_000_000)
) {
  console.error(
    `--orders, --customers and --lost take whole numbers: at most 10000000 orders, and no more customers or lost ones than orders.\n\n${usage}`,
  );
  process.exit(2);
}

await onServers(async () => {
  const { empty, full } = await largeAudit({ orders, customers, lost, onProgress: console.log });
  const growth = full.residentMiB - empty.residentMiB;
  const found = Object.entries(full.drift).map(([kind, number]) => `${number} ${kind}`);
  const limits = [
    [full.checked.orders === orders, `${full.checked.orders} orders checked in ${full.seconds.toFixed(1)} s`],
    [
      found.join() === (lost > 0 ? `${lost} event-not-applied` : ''),
      `found: ${found.join(', ') || 'no drift'}`,
    ],
    [
      growth <= growthLimitMiB,
      `${full.residentMiB.toFixed(0)} MiB at the most, ${growth.toFixed(0)} more than for an empty system (limit: ${growthLimitMiB})`,
    ],
  ] as const;
  for (const [holds, text] of limits) console.log(`  ${holds ? '✔' : '✘'} ${text}`);
  return limits.every(([holds]) => holds);
});
