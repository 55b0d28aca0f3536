import type { Breaker } from './breaker.ts';
import type { Redis } from './redis.ts';

/**
 * A cache of rows that carry a version, in which a slow reader can never put back what a faster writer has evicted.
 *
 * Beside each key stands a fence: the highest version that was filled or evicted. `fill` and `evict` each run as one
 * Redis script, so nothing comes between the look at the fence and the write. A reader that read version 6 and was
 * then overtaken by the eviction of version 7 is refused.
 *
 * The value is the row's JSON with one more member, `version`.
 *
 * Every call can fail: Redis is away or slow, or the breaker knows that it is and does not ask.
 */
export class VersionedCache {
  readonly #redis: Redis;
  readonly #breaker: Breaker;
  readonly #key: (id: string) => string;
  readonly #ttlSeconds: number;

  constructor(
    { redis, breaker }: { redis: Redis; breaker: Breaker },
    { key, ttlSeconds }: { key: (id: string) => string; ttlSeconds: number },
  ) {
    this.#redis = redis;
    this.#breaker = breaker;
    this.#key = key;
    this.#ttlSeconds = ttlSeconds;
  }

  /** @throws when Redis does not answer in time; a value that is not ours counts as a miss. */
  async get(id: string): Promise<{ value: Record<string, unknown>; version: string } | undefined> {
    const text = await this.#breaker.run(() => this.#redis.get(this.#key(id)));
    if (text === null) return undefined;
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value !== 'object' || value === null) return undefined;
      const { version, ...rest } = value as Record<string, unknown>;
      return typeof version === 'string' ? { value: rest, version } : undefined;
    } catch {
      return undefined;
    }
  }

  /** Puts the value there unless something newer was filled or evicted in the meantime. @throws when Redis is away. */
  async fill(id: string, value: object, version: string): Promise<'filled' | 'stale'> {
    const filled = await this.#breaker.run(() =>
      this.#redis.eval(
        fillScript,
        2,
        this.#key(id),
        this.#fence(id),
        version,
        JSON.stringify({ ...value, version }),
        this.#ttlSeconds,
        fenceSeconds,
      ),
    );
    return filled === 1 ? 'filled' : 'stale';
  }

  /** Removes the values and remembers the versions that removed them, in one round trip. @throws when Redis is away. */
  async evict(entries: readonly { id: string; version: string }[]): Promise<void> {
    if (entries.length === 0) return;
    await this.#breaker.run(async () => {
      const keys = entries.map(({ id }) => this.#key(id));
      const fences = entries.map(({ id }) => this.#fence(id));
      const versions = entries.map(({ version }) => version);
      await this.#redis.eval(
        evictScript,
        2 * entries.length,
        ...keys,
        ...fences,
        deletedAtOnce,
        fenceSeconds,
        ...versions,
      );
    });
  }

  #fence(id: string): string {
    return `${this.#key(id)}:fence`;
  }
}

/** How long a fence stands: far longer than the deadline of any request that could still hold an old row. */
const fenceSeconds = 600;

const fillScript = `
local fence = redis.call('GET', KEYS[2])
if fence and tonumber(fence) > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[4])
return 1`;

/** Lua hands a command no more than some thousand arguments. */
const deletedAtOnce = 1_000;

/**
 * The values' keys, then the fences'. The values go first: a Redis that is out of memory and evicts nothing refuses the
 * first command of a script that could take more, and none after the first that was carried out.
 */
const evictScript = `
local entries = #KEYS / 2
local step = tonumber(ARGV[1])
for i = 1, entries, step do
  redis.call('DEL', unpack(KEYS, i, math.min(i + step - 1, entries)))
end
for i = 1, entries do
  local version = ARGV[i + 2]
  local fence = redis.call('GET', KEYS[entries + i])
  if not fence or tonumber(fence) <= tonumber(version) then
    redis.call('SET', KEYS[entries + i], version, 'EX', ARGV[2])
  end
end`;
