import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { checkout } from './folders.ts';

/** `npm run check`: everything that can be said of the code without servers. */
interface Step {
  readonly name: string;
  /** A program under node_modules, and its arguments. */
  readonly command: readonly string[];
  readonly remedy: string;
}

const workspaces = [
  ...['contracts', 'deploy', 'platform', 'outbox', 'migrations', 'order-service'],
  ...['outbox-relay', 'customer-service', 'auditor', 'stack', 'integration', 'simulation', 'bench'],
];

// The longest first: two run at a time, and the short ones fill up the rest.
const steps: Step[] = [
  { name: 'eslint', command: ['eslint/bin/eslint.js', '.'], remedy: 'npx eslint --fix . repairs some of it' },
  { name: 'types', command: ['typescript/bin/tsc', '--pretty'], remedy: 'npx tsc shows it again' },
  {
    name: 'unit tests',
    command: ['mocha/bin/mocha.js', '--config', '.mocharc.unit.json'],
    remedy: 'npm run test:unit runs them alone',
  },
  {
    name: 'rules of the house',
    command: [
      'dependency-cruiser/bin/dependency-cruise.mjs',
      '--config',
      '.dependency-cruiser.cjs',
      ...workspaces,
    ],
    remedy: 'the rules and their reasons are in .dependency-cruiser.cjs',
  },
  {
    name: 'format',
    command: ['prettier/bin/prettier.cjs', '--check', '.'],
    remedy: 'npm run format repairs it',
  },
];
const atATime = 2;

interface Outcome extends Step {
  readonly passed: boolean;
  readonly output: string;
  readonly seconds: number;
}

const began = performance.now();
const secondsSince = (moment: number) => (performance.now() - moment) / 1000;
const children = new Set<ReturnType<typeof spawn>>();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    for (const child of children) child.kill(signal);
    process.exit(130);
  });
}

const waiting = [...steps];
const outcomes: Outcome[] = [];
await Promise.all(
  Array.from({ length: atATime }, async () => {
    for (let step = waiting.shift(); step; step = waiting.shift()) {
      const outcome = await run(step);
      outcomes.push(outcome);
      console.log(`${outcome.passed ? '✔' : '✖'} ${outcome.name} (${outcome.seconds.toFixed(1)} s)`);
    }
  }),
);

const failed = outcomes.filter(({ passed }) => !passed);
for (const { name, output, remedy } of failed) {
  console.log(`\n──── ${name} ────\n${output.trim()}\n(${remedy})`);
}
const total = `${secondsSince(began).toFixed(1)} s`;
console.log(
  failed.length === 0
    ? `\nAll ${outcomes.length} checks passed in ${total}.`
    : `\n${failed.length} of ${outcomes.length} checks failed in ${total}: ${failed.map(({ name }) => name).join(', ')}.`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

async function run(step: Step): Promise<Outcome> {
  const start = performance.now();
  const [program = '', ...parameters] = step.command;
  const child = spawn(process.execPath, [join(checkout, 'node_modules', program), ...parameters], {
    cwd: checkout,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}) },
  });
  children.add(child);
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  const passed = await new Promise<boolean>((resolve) => {
    child.on('error', (error) => {
      output += error.message;
      resolve(false);
    });
    child.on('close', (code) => resolve(code === 0));
  });
  children.delete(child);
  return { ...step, passed, output, seconds: secondsSince(start) };
}
