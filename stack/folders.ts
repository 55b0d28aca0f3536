import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';

/** The checkout that this file is in. */
export const checkout = resolve(import.meta.dirname, '..');

/** Everything that we write while running, data and logs, is in here; deleting it is always safe when nothing runs. */
export const localFolder = resolve(checkout, '.local');

export const logsFolder = resolve(localFolder, 'logs');

/** One small file for each process that we started and have not ended yet: see processes/register.ts. */
export const runFolder = resolve(localFolder, 'run');

/** Tells this checkout on this machine from any other, where names are shared: containers, volumes, /var/tmp. */
export const checkoutId = createHash('sha256').update(`${hostname()}:${checkout}`).digest('hex').slice(0, 8);
