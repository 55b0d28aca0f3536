/**
 * What a rascal subscription takes at all: every message is acknowledged as it comes, and nothing is done with it. With
 * the prefetch at which that is fastest: with 400 it takes a fifth less, with the 8,000 of the worker no more (a median
 * of 0.92 of it in 7 rounds, by a copy of the benchmark that is not in the repository).
 */
import { orderEventsQueue } from '@event-sync/contracts/topology.ts';
import { subscribe } from './subscribe.ts';

await subscribe({ queue: orderEventsQueue, prefetch: 4_000 }, (_content, acknowledge) => acknowledge());
