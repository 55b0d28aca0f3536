import { ConfigError, parseConfig } from '@event-sync/platform/config.ts';
import { runConsole, write, WrongCommand } from '@event-sync/platform/console.ts';
import { parseCommand, usage } from './console/command.ts';
import { auditOnce } from './once.ts';
import { auditSettings, databasesOf, orLocal } from './settings.ts';
import { watch } from './watch.ts';

/** `npm run audit`: once, for a person or a script; with `--watch` by the clock, as a process of its own. */
async function main(): Promise<number> {
  const command = parseCommand(process.argv.slice(2));
  if (command.kind === 'help') {
    write(usage);
    return 0;
  }
  const environment = orLocal(process.env);
  if (command.kind === 'watch') {
    await watch(environment);
    return 0;
  }
  try {
    const settings = { ...parseConfig(auditSettings, environment), ...databasesOf(environment) };
    return await auditOnce(command, settings);
  } catch (error) {
    if (error instanceof WrongCommand) throw error;
    const { message } = error as Error;
    const what = error instanceof ConfigError ? message : `The audit could not be made: ${message}`;
    process.stderr.write(`${what}\n`);
    return 2;
  }
}

await runConsole(main, { help: 'npm run audit -- --help', failure: 'The audit could not be started' });
