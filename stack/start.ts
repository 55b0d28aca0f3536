import { relative } from 'node:path';
import { checkout, logsFolder } from './folders.ts';
import { endLeftovers, serversAreGiven } from './servers.ts';
import type { Service } from './services.ts';
import { bringUp, interrupted, TaskFailure } from './start/bring-up.ts';
import { choosePorts, refuseTakenPorts } from './start/chosen-ports.ts';
import { lockStart } from './start/run-lock.ts';
import { System } from './start/system.ts';
import { greeting, help } from './start/texts.ts';

if (process.argv.includes('--help') || process.argv.includes('-h')) {
  console.log(help);
  process.exit(0);
}
if (process.argv.length > 2) {
  console.error(
    `npm start takes no argument such as ${process.argv[2]}. ${help.split('\n')[0]}; npm start -- --help tells more.`,
  );
  process.exit(2);
}

/** Why we are asked to stop; until then it is not aborted. */
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) {
      console.log('Asked to stop a second time: killing everything that was started.');
      process.exit(130);
    }
    console.log(`\nStopping (${signal}); once more kills.`);
    stopping.abort(interrupted);
  });
}
stopWithParent();
// The progress display hides it, and does not get to show it again when a second Ctrl-C ends us.
process.on('exit', () => process.stdout.isTTY && process.stdout.write('\x1b[?25h'));
// A terminal that was closed, or `npm start | head`: what is said is lost, what is done is not.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

process.exitCode = await main();
// What may still be open, such as an idle connection of the Docker client, must not hold us up.
process.exit();

async function main(): Promise<number> {
  const began = performance.now();
  let system: System | undefined;
  let exitCode = 0;
  try {
    const ports = choosePorts(process.env);
    const unlock = lockStart();
    process.on('exit', unlock);
    for (const name of await endLeftovers()) console.log(`Ended what an earlier run left behind: ${name}`);
    await refuseTakenPorts(ports, serversAreGiven(process.env));
    system = new System(ports, (service, how) => {
      exitCode = 1;
      sayThatItDied(service, how);
    });
    await bringUp(system, stopping.signal);
    console.log(greeting(system.servers.addresses, ports.services, (performance.now() - began) / 1000));
    // Something has to keep us alive when all services have died: the servers are still ours to end.
    const alive = setInterval(() => {}, 2 ** 30);
    await new Promise((resolve) => stopping.signal.addEventListener('abort', resolve));
    clearInterval(alive);
  } catch (error) {
    const reason = error instanceof TaskFailure ? error.cause : error;
    if (reason !== interrupted) {
      exitCode = 1;
      console.error(`\n${(reason as Error).message}`);
    }
  }
  stopping.abort(interrupted);
  try {
    const well = await system?.stop((text) => console.log(`  ${text}`));
    if (well === false) exitCode = 1;
  } catch (error) {
    exitCode = 1;
    console.error(`Not everything could be stopped: ${(error as Error).message}`);
  }
  if (system) console.log('Stopped.');
  return exitCode;
}

function sayThatItDied(service: Service, how: string): void {
  const log = relative(checkout, `${logsFolder}/${service.name}.log`);
  const tail = service.logs().trimEnd().split('\n').slice(-15).join('\n');
  console.error(
    `\n${service.name} has ended with ${how}; the rest goes on without it. The end of its log, ${log}:\n${tail}\n` +
      'Ctrl-C and `npm start` bring it back.',
  );
}

/** Killed with SIGKILL, the program that has started us passes nothing on: we are orphans then. */
function stopWithParent(): void {
  const parent = Number(process.env.EVENT_SYNC_BOOTSTRAP);
  if (!parent || process.ppid !== parent) return;
  setInterval(() => {
    if (process.ppid !== parent && !stopping.signal.aborted) stopping.abort(interrupted);
  }, 1_000).unref();
}
