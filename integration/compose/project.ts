import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { devNull } from 'node:os';
import { join } from 'node:path';
import type { Container } from './closed.ts';
import { docker, type DockerOptions } from './docker.ts';

export const checkout = join(import.meta.dirname, '../..');
export const minute = 60_000;

/** The defaults are what is walked through: neither a .env nor the shell may set something else. */
const set = /^(COMPOSE_|POSTGRES_|RABBITMQ_|REDIS_|AUDIT_|LOG_LEVEL$|NODE_ENV$|API_TOKENS|RATE_LIMIT)/;

/**
 * A system of Compose, under a project name and an image name of its own and on free ports: one that runs from the same
 * file is not touched.
 */
export class ComposeProject<Port extends string> {
  readonly name: string;
  readonly image: string;
  readonly ports: Readonly<Record<Port, number>>;
  /** Why it ends, if it is asked to by a signal. */
  readonly stopping: AbortSignal;
  readonly #files: readonly string[];
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(
    name: string,
    files: readonly string[],
    ports: Record<Port, number>,
    stopping: AbortSignal,
  ) {
    this.name = `event-sync-${name}-${process.pid}`;
    this.image = `event-sync:${name}-${process.pid}`;
    this.ports = ports;
    this.stopping = stopping;
    this.#files = files;
    this.#environment = {
      ...Object.fromEntries(Object.entries(process.env).filter(([variable]) => !set.test(variable))),
      ...Object.fromEntries(Object.entries(ports).map(([variable, port]) => [variable, String(port)])),
      EVENT_SYNC_IMAGE: this.image,
    };
  }

  /** @param files from the top of the checkout; the later ones override the earlier */
  static async prepare<Port extends string>(
    name: string,
    files: readonly string[],
    ports: Port[],
  ): Promise<ComposeProject<Port>> {
    const stopping = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        console.log(`${signal}: ${stopping.signal.aborted ? 'still removing' : 'removing'} what was started`);
        stopping.abort(new Error(`stopped by ${signal}`));
      });
    }
    return new ComposeProject(name, files, await freePorts(ports), stopping.signal);
  }

  at(port: Port): string {
    return `http://127.0.0.1:${this.ports[port]}`;
  }

  docker(parameters: readonly string[], options: DockerOptions = {}): Promise<string> {
    return docker(parameters, {
      ...options,
      folder: checkout,
      environment: this.#environment,
      stopping: this.stopping,
    });
  }

  compose(parameters: readonly string[], options?: DockerOptions): Promise<string> {
    const files = this.#files.flatMap((file) => ['--file', join(checkout, file)]);
    return this.docker(
      ['compose', '--project-name', this.name, ...files, '--env-file', devNull, ...parameters],
      options,
    );
  }

  async inspect(ofServices: readonly string[] = [], options: readonly string[] = []): Promise<Container[]> {
    const ids = await this.compose([...options, 'ps', '--all', '--quiet', ...ofServices]);
    return JSON.parse(await this.docker(['inspect', ...ids.split('\n').filter(Boolean)])) as Container[];
  }

  async call(
    method: string,
    url: string,
    expected: number,
    { body, headers = {} }: { body?: object; headers?: Record<string, string> } = {},
  ): Promise<{ text: string }> {
    const answer = await fetch(url, {
      method,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([this.stopping, AbortSignal.timeout(minute / 2)]),
    });
    const text = await answer.text();
    assert.equal(
      answer.status,
      expected,
      `${method} ${url} answered ${answer.status}: ${text.slice(0, 500)}`,
    );
    return { text };
  }

  async showLogs(): Promise<void> {
    for (const what of [
      ['ps', '--all'],
      ['logs', '--no-color', '--tail', '100'],
    ]) {
      console.log(await this.compose(what).catch((error: unknown) => (error as Error).message));
    }
  }

  /** Also what Docker was still making when we were stopped: it may appear after the first attempt. */
  async remove(): Promise<void> {
    const options = { deadlineMs: 3 * minute, whateverHappens: true };
    let left = '';
    for (let tries = 0; tries < 3; tries++) {
      await this.compose(
        ['--profile', '*', 'down', '--volumes', '--remove-orphans', '--timeout', '10'],
        options,
      );
      left = '';
      const ofProject = ['--quiet', '--filter', `label=com.docker.compose.project=${this.name}`];
      for (const kind of ['container', 'volume', 'network']) {
        const all = kind === 'container' ? ['--all'] : [];
        left += await this.docker([kind, 'ls', ...all, ...ofProject], options);
      }
      if (left === '') break;
    }
    assert.equal(left, '', `left behind: ${left.trim().replaceAll('\n', ', ')}`);
    // The layers stay in the builder's cache. Without an image, the build failed, and that was said above.
    await this.docker(['image', 'rm', this.image], options).catch(() => {});
  }
}

/** Below the range that systems give to outgoing connections. All are held until all are found: none is found twice. */
async function freePorts<Name extends string>(names: Name[]): Promise<Record<Name, number>> {
  const found = {} as Record<Name, number>;
  const held: Server[] = [];
  for (const name of names) {
    for (let attempt = 0; found[name] === undefined; attempt++) {
      if (attempt === 100) throw new Error('No free port between 20000 and 31999: end what holds them.');
      const port = randomInt(20_000, 32_000);
      const server = createServer();
      const free = await new Promise<boolean>((resolve) => {
        server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
      });
      if (!free) continue;
      found[name] = port;
      held.push(server);
    }
  }
  await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  return found;
}
