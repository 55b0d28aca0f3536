import type { EventContract } from './envelope.ts';
import { orderCreated } from './order-created.ts';

/** Every event of this system: one line each. */
export const catalogue: readonly EventContract[] = [orderCreated];
