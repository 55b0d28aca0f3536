/** A message as the broker has it. */
export interface Message {
  readonly content: Buffer;
  readonly properties: { readonly messageId: string; readonly headers: Readonly<Record<string, unknown>> };
  /** Its place in its queue: what comes back to the queue comes back to its place. */
  readonly place: number;
  deliveries: number;
}

/** Who gets messages from a queue, and how many at a time. */
export interface Subscriber {
  readonly limit: number;
  readonly unacknowledged: ReadonlyMap<number, Message>;
  deliver(message: Message): void;
}

/** Messages that wait, and who takes them in turn. */
export class Queue {
  readonly ready: Message[] = [];
  readonly #subscribers: Subscriber[] = [];
  #places = 0;

  /** Ready, or with a subscriber. */
  get messages(): readonly Message[] {
    return this.#subscribers.reduce<Message[]>(
      (all, { unacknowledged }) => all.concat([...unacknowledged.values()]),
      [...this.ready],
    );
  }

  get empty(): boolean {
    return (
      this.ready.length === 0 && this.#subscribers.every(({ unacknowledged }) => unacknowledged.size === 0)
    );
  }

  put(content: Buffer, properties: Message['properties']): void {
    this.ready.push({ content, properties, place: this.#places++, deliveries: 0 });
    this.#dispatch();
  }

  subscribe(subscriber: Subscriber): void {
    this.#subscribers.push(subscriber);
    this.#dispatch();
  }

  /** Its unacknowledged messages go back. */
  leave(subscriber: Subscriber): void {
    const index = this.#subscribers.indexOf(subscriber);
    if (index < 0) return;
    this.#subscribers.splice(index, 1);
    this.ready.push(...subscriber.unacknowledged.values());
    this.ready.sort((one, other) => one.place - other.place);
    this.#dispatch();
  }

  acknowledged(): void {
    this.#dispatch();
  }

  takeAll(): Message[] {
    return this.ready.splice(0);
  }

  #dispatch(): void {
    while (this.ready.length > 0) {
      const next = this.#subscribers.findIndex(({ limit, unacknowledged }) => unacknowledged.size < limit);
      if (next < 0) return;
      const [subscriber] = this.#subscribers.splice(next, 1) as [Subscriber];
      this.#subscribers.push(subscriber);
      const message = this.ready.shift()!;
      message.deliveries++;
      subscriber.deliver(message);
    }
  }
}
