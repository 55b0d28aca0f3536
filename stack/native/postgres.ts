import { execFile } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Client, escapeIdentifier } from 'pg';
import type { PostgresAddress } from '../addresses.ts';
import { postgresSettings } from '../postgres-settings.ts';
import { postgresAnswers } from '../probes.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { ServerProcess } from './server-process.ts';
import { makePrivateFolder, type ServerUser } from './unprivileged-user.ts';

const run = promisify(execFile);

export interface NativeServerOptions {
  readonly name: string;
  readonly folder: string;
  readonly user: ServerUser | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Initialises the cluster in `folder` unless that is done, starts it, and creates the database unless it exists. */
export async function startPostgres(
  binaries: PostgresBinaries,
  address: PostgresAddress,
  { name, folder, user, signal }: NativeServerOptions,
  onCreated: (server: ServerProcess) => void,
): Promise<void> {
  makePrivateFolder(folder, user);
  const data = join(folder, 'data');
  await initialise(binaries, data, user, address);
  refuseOtherMajor(data, binaries);
  const server = new ServerProcess({
    name,
    command: binaries.postgres,
    arguments: [
      ...['-D', data, '-p', String(address.port), '-c', `listen_addresses=${address.host}`],
      ...['-c', 'unix_socket_directories='],
      ...postgresSettings,
    ],
    environment: { ...process.env, LC_ALL: 'C', PGDATA: data },
    folder,
    logFile: join(folder, 'log'),
    user,
    marker: data,
    // "Fast": ends open sessions. SIGTERM would wait for them to leave.
    stopSignal: 'SIGINT',
    answers: () => postgresAnswers({ ...address, database: 'postgres' }),
    // After a kill, the shared memory of the one before goes a moment later than its processes.
    mayPass: (log) => /pre-existing shared memory block|lock file "postmaster.pid" already exists/.test(log),
  });
  onCreated(server);
  await server.start(signal);
  await createDatabase(address);
}

async function initialise(
  binaries: PostgresBinaries,
  data: string,
  user: ServerUser | undefined,
  login: { user: string; password: string },
): Promise<void> {
  if (existsSync(join(data, 'PG_VERSION'))) return;
  // Made under another name and renamed, so that an initdb that was broken off is not taken for a cluster.
  const unfinished = `${data}.unfinished`;
  const passwordFile = join(dirname(data), 'initial-password');
  rmSync(unfinished, { recursive: true, force: true });
  rmSync(data, { recursive: true, force: true });
  makePrivateFolder(unfinished, user);
  writeFileSync(passwordFile, `${login.password}\n`);
  try {
    await run(
      binaries.initdb,
      [
        ...['-D', unfinished, '-U', login.user, '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
        // The data are synced when the server shuts down or checkpoints; an unfinished cluster is made anew anyway.
        ...['--encoding=UTF8', '--locale=C', '--no-sync'],
      ],
      {
        cwd: dirname(data),
        env: { ...process.env, LC_ALL: 'C' },
        ...(user ? { uid: user.uid, gid: user.gid } : {}),
      },
    );
  } catch (error) {
    const said = (error as { stderr?: string }).stderr ?? String(error);
    throw new Error(`PostgreSQL could not initialise its data folder ${data}:\n${said.trim()}`, {
      cause: error,
    });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(unfinished, data);
}

function refuseOtherMajor(data: string, binaries: PostgresBinaries): void {
  const written = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  if (written === String(binaries.major)) return;
  throw new Error(
    `The data in ${data} were written by PostgreSQL ${written}, and the binaries are PostgreSQL ${binaries.major}.` +
      ` Delete that folder to start with empty databases, or move it away to keep it.`,
  );
}

async function createDatabase(address: PostgresAddress): Promise<void> {
  const client = new Client({ ...address, database: 'postgres' });
  await client.connect();
  try {
    const found = await client.query('select from pg_database where datname = $1', [address.database]);
    if (found.rowCount === 0) await client.query(`create database ${escapeIdentifier(address.database)}`);
  } finally {
    await client.end();
  }
}
