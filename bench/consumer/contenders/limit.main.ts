/** What a rascal subscription takes at all: every message is acknowledged as it comes, and nothing is done with it. */
import { orderEventsQueue } from '@event-sync/contracts/topology.ts';
import { subscribe } from './subscribe.ts';

await subscribe({ queue: orderEventsQueue, prefetch: 400 }, (_content, acknowledge) => acknowledge());
