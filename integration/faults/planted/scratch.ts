import type { ServerAddresses } from '@event-sync/stack/addresses.ts';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { placesIn, type Edit } from './bugs.ts';

const checkout = join(import.meta.dirname, '../../..');

/** A copy of the source, to be spoiled. It shares the packages of others, and has its own of ours. */
export class Scratch {
  readonly #folder: string;
  readonly #environment: Record<string, string>;

  private constructor(folder: string, environment: Record<string, string>) {
    this.#folder = folder;
    this.#environment = environment;
  }

  /** @param servers where its tests find running servers */
  static async create(servers: ServerAddresses): Promise<Scratch> {
    const folder = await mkdtemp(join(tmpdir(), 'event-sync-scratch-'));
    const { workspaces } = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')) as {
      workspaces: string[];
    };
    const copied = [...workspaces, 'simulation', 'deploy', 'docs', 'package.json', 'tsconfig.json'];
    for (const name of copied)
      await cp(join(checkout, name), join(folder, name), { recursive: true, filter });
    const packages = join(checkout, 'node_modules');
    await mkdir(join(folder, 'node_modules/@event-sync'), { recursive: true });
    for (const name of await readdir(packages))
      if (name !== '@event-sync') await symlink(join(packages, name), join(folder, 'node_modules', name));
    for (const name of workspaces) {
      await symlink(join(folder, name), join(folder, 'node_modules/@event-sync', name));
      const own = join(checkout, name, 'node_modules');
      await symlink(own, join(folder, name, 'node_modules'));
    }
    return new Scratch(folder, {
      STACK: 'environment',
      ORDER_DATABASE_URL: databaseUrl(servers.postgresOrder),
      CUSTOMER_DATABASE_URL: databaseUrl(servers.postgresCustomer),
      RABBITMQ_URL: servers.rabbitmqUrl,
      RABBITMQ_MANAGEMENT_URL: servers.rabbitmqManagementUrl,
      REDIS_URL: servers.redisUrl,
    });
  }

  /** @throws when a place that the bug is to be planted in is not there any more: the bug has to follow the source */
  async plant(edits: readonly Edit[]): Promise<void> {
    for (const edit of edits) {
      const { file, from, to } = edit;
      const path = join(this.#folder, file);
      const source = await readFile(path, 'utf8');
      const places = placesIn(source, edit);
      if (places !== 1)
        throw new Error(`${file} has ${places} places like this one, where 1 was expected: ${from}`);
      await writeFile(
        path,
        source.replace(from, () => to),
      );
    }
  }

  async takeOut(edits: readonly Edit[]): Promise<void> {
    for (const { file } of edits) await cp(join(checkout, file), join(this.#folder, file));
  }

  /** Runs a program of the copy to its end, five minutes at the most. */
  run(script: string, parameters: readonly string[]): Promise<{ failed: boolean; output: string }> {
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [script, ...parameters],
        {
          cwd: this.#folder,
          env: { ...process.env, ...this.#environment },
          maxBuffer: 64 * 2 ** 20,
          timeout: 300_000,
        },
        (error, stdout, stderr) => resolve({ failed: error !== null, output: stdout + stderr }),
      );
    });
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

const filter = (source: string) => !/\/(node_modules|results)$/.test(source);

const databaseUrl = ({ user, password, host, port, database }: ServerAddresses['postgresOrder']) =>
  `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}/${database}`;
