/** Routes, and names of headers, beyond which nothing more is remembered. */
export const mostKnown = 1_000;
/** UTF-16 code units of a header's value that is remembered at the most. */
export const longestKnown = 256;

/** The frames of `basic.publish` by exchange and routing key: of one channel, a route's are the same to the byte. */
export class KnownMethods {
  readonly #frames = new Map<string, Map<string, Uint8Array>>();
  #size = 0;

  get(exchange: string, routingKey: string): Uint8Array | undefined {
    return this.#frames.get(exchange)?.get(routingKey);
  }

  keep(exchange: string, routingKey: string, frame: Uint8Array): void {
    if (this.#size >= mostKnown) return;
    let ofExchange = this.#frames.get(exchange);
    if (!ofExchange) this.#frames.set(exchange, (ofExchange = new Map<string, Uint8Array>()));
    ofExchange.set(routingKey, frame);
    this.#size++;
  }
}

interface KnownHeader {
  value: string;
  bytes: Uint8Array | undefined;
}

/**
 * Headers, each with the value that it had last. Most have the same in message after message. The bytes are kept when a
 * value comes for the second time: those of an id, which is new each time, would be copied for nothing.
 */
export class KnownHeaders {
  readonly #headers = new Map<string, KnownHeader>();

  get(name: string, value: unknown): Uint8Array | undefined {
    const known = this.#headers.get(name);
    return known !== undefined && known.value === value ? known.bytes : undefined;
  }

  /** @returns whether the header had this value the last time, too: its bytes are worth keeping. */
  repeats(name: string, value: string): boolean {
    if (value.length > longestKnown) return false;
    const known = this.#headers.get(name);
    if (!known) {
      if (this.#headers.size < mostKnown) this.#headers.set(name, { value, bytes: undefined });
      return false;
    }
    if (known.value === value) return true;
    known.value = value;
    known.bytes = undefined;
    return false;
  }

  keep(name: string, bytes: Uint8Array): void {
    this.#headers.get(name)!.bytes = bytes;
  }
}
