/** `npm run bench -- <benchmark> [options]` */
interface Benchmark {
  readonly summary: string;
  /** Loaded only when it is asked for: the libraries that it compares are not small. */
  readonly load: () => Promise<{ run: (parameters: string[]) => Promise<number> }>;
}

const benchmarks: Record<string, Benchmark> = {
  relay: {
    summary: 'outbox to broker: this relay, the limit of the broker, and other libraries',
    load: () => import('./relay/relay-bench.ts'),
  },
  ingest: {
    summary:
      'orders over HTTP: this service, bare Express, the textbook transaction, and without the outbox row',
    load: () => import('./ingest/ingest-bench.ts'),
  },
  consumer: {
    summary: 'queue to count: the customer worker, the limit of a subscription, and the textbook consumer',
    load: () => import('./consumer/consumer-bench.ts'),
  },
  order: {
    summary: 'order within a key, and nothing lost, while connections are cut and relays are killed',
    load: () => import('./order/order-bench.ts'),
  },
  backlog: {
    summary: 'whether the length of the backlog matters, for the rate and for the memory',
    load: () => import('./backlog/backlog-bench.ts'),
  },
  retention: {
    summary: 'settle rate and table size while a million rows go through, and how long they take to prune',
    load: () => import('./retention/retention-bench.ts'),
  },
};

const usage = `Usage: npm run bench -- BENCHMARK [options]

${Object.entries(benchmarks)
  .map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  .join('\n')}

npm run bench -- BENCHMARK --help lists its options.`;

const [name, ...parameters] = process.argv.slice(2);
if (name === undefined || name === '--help' || name === '-h') {
  console.log(usage);
  process.exit(name === undefined ? 2 : 0);
}
const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
if (!benchmark) {
  console.error(`There is no benchmark "${name}".\n\n${usage}`);
  process.exit(2);
}
const { run } = await benchmark.load();
// What may still be open, such as an idle connection of the Docker client, must not hold us up.
process.exit(await run(parameters));
