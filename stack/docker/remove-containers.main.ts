import type { Owner } from '../processes/register.ts';
import { removeContainersOf } from './owned-containers.ts';

/**
 * Started by a process that ends without having stopped its containers, with that process's identity as argument: it
 * outlives the process by the second that this takes.
 */
await removeContainersOf(JSON.parse(process.argv[2] ?? '{}') as Owner);
