import { userInfo } from 'node:os';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { ConfigError } from './config.ts';

/** A command line that cannot be understood; the message is a sentence for people. */
export class WrongCommand extends Error {}

/** What `parseArgs` finds. @throws {WrongCommand} */
export function parseParameters<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new WrongCommand((error as Error).message);
  }
}

/** Who runs this program, for what is written down. In a container a user need not have a name. */
export function userOfThisMachine(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.()}`;
  }
}

export const write = (text: string) => process.stdout.write(`${text}\n`);

/**
 * Runs an operator's program and sets the exit code: its own, 2 for a command line that cannot be understood, and 1 for
 * whatever else failed, told in a sentence on stderr.
 */
export async function runConsole(
  run: () => Promise<number>,
  {
    help,
    failure,
  }: {
    /** The command that shows how it is used. */
    help: string;
    /** What stands before the reason when a server fails it. */
    failure: string;
  },
): Promise<void> {
  try {
    process.exitCode = await run();
  } catch (error) {
    const { message } = error as Error;
    const wrong = error instanceof WrongCommand;
    const what = wrong
      ? `${message}. See ${help}`
      : error instanceof ConfigError
        ? message
        : `${failure}: ${message}`;
    process.stderr.write(`${what}\n`);
    process.exitCode = wrong ? 2 : 1;
  }
}
