/** A place in the source, and what the bug makes of it. It has to be there exactly once. */
export interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** How often the place is there. */
export const placesIn = (source: string, { from }: Edit) => source.split(from).length - 1;

/**
 * What finds bugs: the simulation (`npm run simulate`), a step of the crash sweep (`npm run sweep -- --only`), or a test
 * of the integration suite by its file and its title.
 */
export type Catcher =
  'simulation' | { readonly step: string } | { readonly file: string; readonly title: string };

export interface PlantedBug {
  readonly name: string;
  readonly edits: readonly Edit[];
  readonly caughtBy: readonly {
    readonly catcher: Catcher;
    /** What has to stand in the output: it was caught for what it is, and not for something else. */
    readonly says: RegExp;
  }[];
}

const relay = 'outbox-relay/relay/relay.ts';
const consumer = 'customer-service/events/consumer.ts';
const applyBatch = 'customer-service/events/apply-batch.ts';

/** Mistakes that an outbox and an inbox are known for. Each has to be found by what is there to find it. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'an event is acknowledged before its commit',
    edits: [
      {
        file: consumer,
        from: '    if (events.length === 0) return;\n',
        to: '    if (events.length === 0) return;\n    for (const event of events) event.delivery.ack();\n',
      },
      {
        file: consumer,
        from: '    for (const { delivery } of messages) delivery.ack();\n',
        to: "    if (outcome === 'ignored' || outcome === 'dead-letter') for (const { delivery } of messages) delivery.ack();\n",
      },
    ],
    caughtBy: [{ catcher: 'simulation', says: /was acknowledged and not counted/ }],
  },
  {
    name: 'a row is settled before its confirm',
    edits: [
      {
        file: relay,
        from: "      probe('relay.publish-before');\n",
        to: "      probe('relay.publish-before');\n      this.#options.settler.add(row);\n",
      },
    ],
    caughtBy: [{ catcher: 'simulation', says: /was settled and never confirmed/ }],
  },
  {
    name: 'a message that was returned counts as delivered',
    edits: [
      {
        file: 'platform/broker/confirm-publisher.ts',
        from: "      if (entry) entry.returned = replyText ?? 'returned';",
        to: '      if (entry) void replyText;',
      },
    ],
    caughtBy: [{ catcher: 'simulation', says: /was settled and never confirmed/ }],
  },
  {
    name: 'the dedupe is committed by itself, and not with the change',
    edits: [
      {
        file: applyBatch,
        from: '    const fresh = await dedupe(\n      trx,\n      events.map(({ id }) => id),\n    );',
        to: '    const fresh = await knex.transaction((other) =>\n      dedupe(\n        other,\n        events.map(({ id }) => id),\n      ),\n    );',
      },
    ],
    caughtBy: [
      { catcher: 'simulation', says: /has 1 orders and a count of 0/ },
      { catcher: { step: 'customerWorker at inbox.commit-before' }, says: /count-differs/ },
    ],
  },
  {
    name: 'the outbox is read by a cursor: position > last seen',
    edits: [
      {
        file: relay,
        from: '  #pumping = false;\n\n  constructor',
        to: '  #pumping = false;\n  #lastSeen = 0;\n\n  constructor',
      },
      {
        file: relay,
        from: '        for (const row of rows) this.#lanes.add(row, this.#routes.admits(row, now));',
        to: `        for (const row of rows) {
          if (Number(row.position) <= this.#lastSeen) continue;
          this.#lastSeen = Number(row.position);
          this.#lanes.add(row, this.#routes.admits(row, now));
        }`,
      },
    ],
    caughtBy: [{ catcher: 'simulation', says: /rows in the outbox/ }],
  },
  {
    name: 'two relays own the same partitions',
    edits: [
      {
        file: 'outbox-relay/ownership/leases.ts',
        from: 'WHERE owner IS NULL OR (owned_until < clock_timestamp() AND owner <> $1)',
        to: 'WHERE owner IS DISTINCT FROM $1',
      },
    ],
    caughtBy: [
      {
        catcher: { file: 'integration/relay.test.ts', title: 'gives partitions back only when' },
        says: /AssertionError: expected \d+ to equal \+?0/,
      },
    ],
  },
  {
    name: "a relay trusts its own clock about its leases' end",
    edits: [
      {
        file: 'outbox-relay/ownership/ownership.ts',
        from: 'performance.now() < monotonic && now < wall && now >= wall - ttlMs',
        to: 'now < wall',
      },
    ],
    caughtBy: [{ catcher: 'simulation', says: /without the lease of its partition/ }],
  },
  {
    name: 'nothing is evicted for a duplicate',
    edits: [
      {
        file: applyBatch,
        from: '      if (!versions.has(subject)) others.add(subject);',
        to: '      if (!versions.has(subject)) continue;',
      },
    ],
    caughtBy: [{ catcher: 'simulation', says: /was acknowledged before customer \d+ was evicted/ }],
  },
  {
    name: 'the eviction comes before the commit',
    edits: [
      {
        file: consumer,
        from: '        const applied = await applyBatch(knex, events);\n',
        to: `        const before = events.map(({ data }) => ({ id: data.customer_id, version: '0' }));
        await this.#evict(before);
        const applied = { ...(await applyBatch(knex, events)), evictions: [] };
`,
      },
    ],
    caughtBy: [
      {
        catcher: 'simulation',
        says: /was acknowledged before customer \d+ was evicted|is cached in version/,
      },
    ],
  },
  {
    name: 'a reader fills the cache without asking for the version',
    edits: [
      {
        file: 'platform/versioned-cache.ts',
        from: 'if fence and tonumber(fence) > tonumber(ARGV[1]) then return 0 end',
        to: '',
      },
    ],
    caughtBy: [
      {
        catcher: {
          file: 'integration/cache.test.ts',
          title: 'refuses what a reader has read before a change and puts there after it',
        },
        says: /AssertionError/,
      },
    ],
  },
  {
    name: 'what cannot be read is refused, and there is no exchange for dead letters',
    edits: [
      {
        file: 'contracts/topology.ts',
        from: `    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': deadLetterQueue,
    'x-dead-letter-strategy': 'at-least-once',
`,
        to: '',
      },
      {
        file: 'platform/broker/queue-consumer.ts',
        from: 'onDelivery(new Delivery(message, acknowledgements));',
        to: 'onDelivery(Object.assign(new Delivery(message, acknowledgements), { nack: () => channel.nack(message, false, false) }));',
      },
      {
        file: consumer,
        from: `        this.#endAside(
          'dead-letter',
          { delivery },
          putAside.deadLetter(delivery, parsed.reason, parsed.explanation),
        );
`,
        to: `        void putAside;
        (delivery as unknown as { nack(): void }).nack();
        this.#options.metrics.ended('dead-letter', 1);
`,
      },
    ],
    caughtBy: [
      {
        catcher: {
          file: 'integration/consumer.test.ts',
          title: 'takes the rest of a batch although a message in it is poison',
        },
        says: /not within \d+ ms: expected \+?0 to equal 13/,
      },
    ],
  },
  {
    name: 'the ids of applied events are forgotten too early',
    edits: [
      {
        file: 'outbox/prune-inbox.ts',
        from: "interval '1 hour'",
        to: "interval '1 second'",
      },
    ],
    caughtBy: [
      {
        catcher: {
          file: 'integration/consumer.test.ts',
          title: 'forgets the ids of applied events when their retention is over, and not before',
        },
        says: /not within \d+ ms: expected \[\] to deeply equal \[ Array\(1\) \]/,
      },
    ],
  },
];
