import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { ServerControl } from '../control.ts';
import { tailOf } from '../log-tail.ts';
import { endTree, killTree, signalAll } from '../processes/end.ts';
import { processTree } from '../processes/inspect.ts';
import { forgetProcess, recordProcess } from '../processes/register.ts';
import { waitUntil } from '../wait-until.ts';
import type { ServerUser } from './unprivileged-user.ts';

export interface ServerProgram {
  /** For people: `RabbitMQ`. */
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly folder: string;
  readonly logFile: string;
  readonly user: ServerUser | undefined;
  /** What its command line holds as long as it lives. */
  readonly marker: string;
  readonly stopSignal: NodeJS.Signals;
  answers(): Promise<boolean>;
  /** Whether what it said when it gave up may pass by itself, so that it is worth starting it again. */
  mayPass?(log: string): boolean;
}

const startDeadlineMs = 90_000;
const stopGraceMs = 20_000;
/** A server that is asked to end before it has come up may not listen yet: RabbitMQ does not. */
const stopGraceBeforeUpMs = 2_000;

/** A server binary of this machine, run as a private child. */
export class ServerProcess implements ServerControl {
  readonly #program: ServerProgram;
  #child: ChildProcess | undefined;
  #cameUp = false;

  constructor(program: ServerProgram) {
    this.#program = program;
  }

  async start(signal?: AbortSignal): Promise<void> {
    if (this.#running()) return;
    const deadline = performance.now() + startDeadlineMs;
    while (!(await this.#attempt(deadline - performance.now(), signal)));
  }

  async stop(): Promise<void> {
    await this.#end((pid) =>
      endTree(pid, this.#program.stopSignal, this.#cameUp ? stopGraceMs : stopGraceBeforeUpMs),
    );
  }

  async kill(): Promise<void> {
    await this.#end(killTree);
  }

  async pause(): Promise<void> {
    signalAll(processTree(this.#pid()), 'SIGSTOP');
  }

  async resume(): Promise<void> {
    signalAll(processTree(this.#pid()), 'SIGCONT');
  }

  /** For the last moment of our own process, when nothing can be waited for any more. */
  abandon(): void {
    if (this.#running()) signalAll(processTree(this.#pid()), 'SIGKILL');
  }

  /** @returns false when it gave up for a reason that may pass */
  async #attempt(deadlineMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    const { name, logFile } = this.#program;
    signal?.throwIfAborted();
    this.#cameUp = false;
    this.#child = this.#spawn();
    const child = this.#child;
    let failure: Error | undefined;
    child.on('error', (error) => (failure = error));
    const ended = () => failure !== undefined || child.exitCode !== null || child.signalCode !== null;
    await waitUntil(async () => ended() || (await this.#program.answers()), {
      deadlineMs,
      signal,
      otherwise: () =>
        `${name} did not accept connections in time. The end of its log, ${logFile}:\n${tailOf(logFile)}`,
    });
    this.#cameUp = !ended();
    if (this.#cameUp) return true;
    if (child.pid !== undefined) forgetProcess(child.pid);
    if (failure === undefined && deadlineMs > 0 && this.#program.mayPass?.(tailOf(logFile))) return false;
    const how = failure?.message ?? `it ended with ${child.signalCode ?? `exit code ${child.exitCode}`}`;
    throw new Error(`${name} did not start: ${how}. The end of its log, ${logFile}:\n${tailOf(logFile)}`);
  }

  #spawn(): ChildProcess {
    const { name, command, environment, folder, logFile, marker, stopSignal, user } = this.#program;
    const log = openSync(logFile, 'a');
    try {
      const child = spawn(command, this.#program.arguments, {
        cwd: folder,
        env: environment,
        stdio: ['ignore', log, log],
        // A group of its own: Ctrl-C in the terminal must not reach it before what uses it has ended.
        detached: true,
        ...(user ? { uid: user.uid, gid: user.gid } : {}),
      });
      if (child.pid !== undefined) recordProcess({ name, pid: child.pid, marker, stopSignal });
      child.unref();
      return child;
    } finally {
      closeSync(log);
    }
  }

  async #end(how: (pid: number) => Promise<unknown>): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined) return;
    await how(child.pid);
    forgetProcess(child.pid);
    this.#child = undefined;
  }

  #running(): boolean {
    const child = this.#child;
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  #pid(): number {
    if (this.#child?.pid === undefined)
      throw new Error(`${this.#program.name} does not run: start it first.`);
    return this.#child.pid;
  }
}
