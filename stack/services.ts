import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { checkout } from './folders.ts';
import { lastBytes } from './log-tail.ts';
import { endTree, killTree } from './processes/end.ts';
import { forgetProcess, recordProcess } from './processes/register.ts';
import { waitUntil } from './wait-until.ts';

export interface ServiceOptions {
  /** For people and for the log's name: `order-service`. */
  readonly name: string;
  /** The program, relative to the checkout: `order-service/main.ts`. */
  readonly script: string;
  readonly arguments?: readonly string[];
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[] | undefined;
  /** In addition to our own environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The file that its output is appended to. Without one it goes to a temporary file that goes when it has ended. */
  readonly logTo?: string | undefined;
}

export interface Service {
  readonly name: string;
  readonly pid: number;
  /** `http://127.0.0.1:3001`; undefined when its environment has no PORT. */
  readonly url: string | undefined;
  /**
   * Waits until `GET /readyz` answers 200.
   * @throws {Error} with the end of its log, when it has ended or the deadline (30 s) passes
   */
  ready(options?: { deadlineMs?: number; signal?: AbortSignal | undefined }): Promise<void>;
  /** Asks it to end and waits; after 20 s it is killed. Idempotent. @returns its exit code, null if a signal ended it */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** SIGKILL, to it and its children. */
  kill(): Promise<void>;
  /** What it has written since this start; of more than 64 MiB, the end. */
  logs(): string;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

const stopGraceMs = 20_000;
/** Whoever asks that something was never told, or told once, must see all that a test can make it tell. */
const logLimit = 64 * 1024 * 1024;

/**
 * Starts one of our programs as a child, on the Node that we run on. It writes straight to its log file, so that it
 * costs us nothing while it runs. It is written down like a server: when we crash, the next start ends it.
 */
export function startService(options: ServiceOptions): Service {
  const { name, env } = options;
  const script = resolve(checkout, options.script);
  const temporary = options.logTo === undefined ? mkdtempSync(join(tmpdir(), 'event-sync-log-')) : undefined;
  const logFile = options.logTo ?? join(temporary ?? '', `${name}.log`);
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  const logStart = statSync(logFile).size;
  const parameters = [...(options.nodeOptions ?? []), script, ...(options.arguments ?? [])];
  const child = spawn(process.execPath, parameters, {
    cwd: checkout,
    env: { ...process.env, ...env },
    stdio: ['ignore', log, log],
    // A group of its own: Ctrl-C in the terminal must not reach it before we have decided on the order.
    detached: true,
  });
  closeSync(log);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} could not be started: ${process.execPath} does not run.`);
  recordProcess({ name, pid, marker: options.script, stopSignal: 'SIGTERM' });
  living.add(child);

  let lastLogs: string | undefined;
  const logs = () => lastLogs ?? lastBytes(logFile, Math.min(logLimit, statSync(logFile).size - logStart));
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done) => {
    child.on('exit', (code, signal) => {
      living.delete(child);
      forgetProcess(pid);
      if (temporary) {
        lastLogs = logs();
        rmSync(temporary, { recursive: true, force: true });
      }
      done({ code, signal });
    });
  });
  const running = () => child.exitCode === null && child.signalCode === null;
  const url = env.PORT === undefined ? undefined : `http://127.0.0.1:${env.PORT}`;

  return {
    name,
    pid,
    url,
    exited,
    logs,
    async ready({ deadlineMs = 30_000, signal } = {}) {
      if (url === undefined)
        throw new Error(`${name} was started without PORT, so it cannot be asked whether it is ready.`);
      let answer = 'nothing';
      await waitUntil(
        async () => {
          if (!running()) {
            const how = child.signalCode ?? `exit code ${child.exitCode}`;
            throw new Error(
              `${name} ended with ${how} before it was ready. The end of its log:\n${lastLines(logs())}`,
            );
          }
          answer = await ask(`${url}/readyz`);
          return answer === '200';
        },
        {
          deadlineMs,
          signal,
          otherwise: () =>
            `${name} is not ready after ${deadlineMs / 1000} s: GET ${url}/readyz answers ${answer}. The end of its log:\n${lastLines(logs())}`,
        },
      );
    },
    async stop(signal = 'SIGTERM') {
      if (running()) await endTree(pid, signal, stopGraceMs);
      return (await exited).code;
    },
    async kill() {
      if (running()) await killTree(pid);
      await exited;
    },
  };
}

const living = new Set<ChildProcess>();
process.on('exit', () => living.forEach((child) => child.kill('SIGKILL')));

async function ask(url: string): Promise<string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    const text = await answer.text();
    return answer.ok ? String(answer.status) : `${answer.status} ${text.slice(0, 500)}`;
  } catch (error) {
    const { message, cause } = error as Error;
    return `nothing (${cause instanceof Error ? cause.message : message})`;
  }
}

const lastLines = (text: string) => text.trimEnd().split('\n').slice(-20).join('\n');
