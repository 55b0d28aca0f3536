/**
 * What a rascal subscription takes at all: every message is acknowledged as it comes, and nothing is done with it. With
 * the prefetch of the worker: with 400 it takes a fifth less.
 */
import { orderEventsQueue } from '@event-sync/contracts/topology.ts';
import { subscribe } from './subscribe.ts';

await subscribe({ queue: orderEventsQueue, prefetch: 4_000 }, (_content, acknowledge) => acknowledge());
