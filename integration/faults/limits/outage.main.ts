import { parseArgs } from 'node:util';
import { onServers } from '../on-servers.ts';
import { brokerOutage } from './outage.ts';

const usage = `Usage: npm run outage -- [options]

Stops RabbitMQ for a while under a steady rate of orders, starts it again, and tells what the orders and the relay's
memory noticed of it. On real servers, as in npm test.

  --minutes N   how long RabbitMQ is away (default: 10)
  --rate N      orders a second (default: 50)

Ends with 0 if no order was refused, the outbox was drained within 60 s of its return, the first confirm came within 5 s,
and the relay's memory grew by 20 MiB at the most.`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '50' },
    help: { type: 'boolean', default: false },
  },
});
const [minutes, rate] = [Number(values.minutes), Number(values.rate)];
if (values.help) {
  console.log(usage);
  process.exit(0);
}
if (!(minutes > 0 && rate > 0 && rate <= 1_000)) {
  console.error(`--minutes and --rate take numbers above 0, --rate up to 1000.\n\n${usage}`);
  process.exit(2);
}

await onServers(async () => {
  const report = await brokerOutage({ minutes, rate, onProgress: console.log });
  const { accepted, refused, backlog, firstConfirmMs, drainedMs, residentMiB } = report;
  const growth = residentMiB.most - residentMiB.before;
  const limits = [
    [refused.size === 0, `answers that were no success: ${[...refused].join('; ') || 'none'}`],
    [firstConfirmMs <= 5_000, `first confirm after ${(firstConfirmMs / 1_000).toFixed(1)} s (limit: 5)`],
    [drainedMs <= 60_000, `${backlog} rows drained after ${(drainedMs / 1_000).toFixed(1)} s (limit: 60)`],
    [
      growth <= 20,
      `relay's memory from ${residentMiB.before.toFixed(1)} MiB to ${residentMiB.most.toFixed(1)} at the most: ${growth.toFixed(1)} more (limit: 20)`,
    ],
  ] as const;
  console.log(
    `\n${accepted} orders accepted, each counted once; ${minutes} min without RabbitMQ at ${rate} orders/s`,
  );
  for (const [holds, text] of limits) console.log(`  ${holds ? '✔' : '✘'} ${text}`);
  return limits.every(([holds]) => holds);
});
