import { installWithApt } from './apt.ts';
import { howToInstall, type Installable } from './how-to-install.ts';
import { findPostgres, type PostgresBinaries } from './postgres-binaries.ts';
import { findRabbitmq, type RabbitmqBinaries } from './rabbitmq.ts';
import { findRedis } from './redis.ts';
import type { ServerUser } from './unprivileged-user.ts';

export interface Binaries {
  readonly postgres: PostgresBinaries;
  readonly rabbitmq: RabbitmqBinaries;
  readonly redis: string;
}

/**
 * Finds the servers' binaries on this machine, and installs what is missing where that can be done without asking:
 * on Debian and Ubuntu as root.
 *
 * @throws {Error} that names what is missing and the commands that install it
 */
export async function findBinaries(options: {
  user: ServerUser | undefined;
  folder: string;
  onProgress: (text: string) => void;
  signal: AbortSignal | undefined;
}): Promise<Binaries> {
  const look = async () => {
    const postgres = await findPostgres(options.user, options.folder);
    const rabbitmq = findRabbitmq();
    const redis = findRedis();
    const missing: Installable[] = [];
    if (!rabbitmq) missing.push('rabbitmq');
    if (!redis) missing.push('redis');
    if (!postgres) missing.push('postgres');
    return { binaries: postgres && rabbitmq && redis ? { postgres, rabbitmq, redis } : undefined, missing };
  };
  let { binaries, missing } = await look();
  if (!binaries) {
    const installed = await installWithApt(missing, options);
    if (installed) ({ binaries, missing } = await look());
  }
  if (!binaries) throw new Error(howToInstall(missing));
  return binaries;
}
