import type { Request, RequestHandler, Response } from 'express';
import type { LimitOfTries } from './bearer-token.ts';
import { addressOf, type RateLimits } from './rate-limit.ts';

/** Entries that are kept of each kind, so that no number of addresses fills the memory. */
const most = 10_000;

/**
 * Bounds how many tokens an address can try: beyond the limit none is looked at, right or wrong, until the minute is
 * over, since whoever is told of a right one among the rest can go on guessing. Who has come from that address with a
 * right token before is let through: behind a proxy or a NAT all have one address, and one client whose token is out of
 * date must not hold up the others.
 *
 * How many there were is counted in Redis; who is held back, and who has come before, is known to the process alone: a
 * right token costs no question, and a process learns of an address with the first wrong token that it is sent.
 */
export class WrongTokens implements LimitOfTries {
  readonly #limits: RateLimits;
  readonly #count: RequestHandler;
  /** By address, until when. */
  readonly #heldBack = new Map<string, number>();
  readonly #seen = new Set<string>();

  constructor(limits: RateLimits) {
    this.#limits = limits;
    this.#count = limits.ofWrongTokens((req, res, until) => {
      this.#heldBack.delete(addressOf(req));
      this.#heldBack.set(addressOf(req), until.getTime());
      dropOldest(this.#heldBack);
      this.#refuse(res, until.getTime());
    });
  }

  hold(req: Request, res: Response, client: string | undefined): boolean {
    const address = addressOf(req);
    const until = this.#heldBack.get(address);
    const known = client !== undefined && this.#seen.has(`${address} ${client}`);
    if (until !== undefined && Date.now() < until && !known) {
      this.#refuse(res, until);
      return true;
    }
    if (until !== undefined && Date.now() >= until) this.#heldBack.delete(address);
    if (client !== undefined && !known) {
      this.#seen.add(`${address} ${client}`);
      dropOldest(this.#seen);
    }
    return false;
  }

  count(req: Request, res: Response, otherwise: () => void): void {
    void this.#count(req, res, otherwise);
  }

  #refuse(res: Response, until: number): void {
    const seconds = Math.max(1, Math.ceil((until - Date.now()) / 1_000));
    this.#limits.refuse(res, 'Too many wrong tokens came from this address in a minute', {
      'Retry-After': String(seconds),
    });
  }
}

function dropOldest(entries: Map<string, unknown> | Set<string>): void {
  if (entries.size > most) entries.delete(entries.keys().next().value!);
}
