import type { Service } from '@event-sync/stack/services.ts';
import { expect } from 'chai';
import { eventually } from '../world/eventually.ts';
import type { ServiceName, World } from '../world/world.ts';
import { Clients } from './clients.ts';
import type { CrashPoint } from './crash-points.ts';
import { settingsOf, Staging } from './scenes.ts';
import { Seeded } from './seeded.ts';
import { installTap } from './tap.ts';
import { judge, quiesce, type Verdict } from './verdict.ts';

const preload = ['--import', import.meta.resolve('./crash.preload.ts')];
const customers = [1, 2, 3, 4, 5, 6];

export interface Crash {
  readonly point: CrashPoint;
  /** It died at the so many-th time that it passed the point. */
  readonly hit: number;
}

/**
 * One system that is crashed again and again: load, SIGKILL at a point, restart, rest, audit. The processes that do not
 * crash run on from one crash to the next.
 */
export class CrashSweep {
  readonly #world: World;
  readonly #waitForLeases: boolean;
  readonly #running = new Map<ServiceName, Service>();
  #count = 0;

  /**
   * @param options.waitForLeases whether the partitions of a relay that was killed stay its own until its lease has run
   *   out. Taken away from it by hand, a crash of it takes half the time.
   */
  constructor(world: World, { waitForLeases }: { waitForLeases: boolean }) {
    this.#world = world;
    this.#waitForLeases = waitForLeases;
  }

  async start(): Promise<void> {
    await installTap(this.#world);
    await Promise.all([this.#start('customerWeb'), this.#start('orderService')]);
    for (const id of customers) await this.#world.putCustomer(id);
    await Promise.all([this.#start('outboxRelay'), this.#start('customerWorker')]);
  }

  async #start(name: ServiceName): Promise<void> {
    this.#running.set(name, await this.#world.start(name));
  }

  /**
   * Crashes processes at these points, one a process, under the same load, and expects that nothing came of it.
   *
   * @returns what the clients saw, and the crashes
   */
  async crash(points: readonly CrashPoint[], seed: number): Promise<{ crashes: Crash[]; verdict: Verdict }> {
    const world = this.#world;
    const random = new Seeded(seed, ...points.map(({ process, name }) => `${process}:${name}`));
    const crashes = points.map((point) => ({ point, hit: random.between(1, point.within) }));
    const clients = new Clients({ world, random, customers, name: `crash-${++this.#count}` });
    for (const { process: name } of points)
      expect(await this.#running.get(name)!.stop(), `${name} after SIGTERM`).to.equal(0);
    const scenes = points.map((point) => new Staging(world, point));
    for (const scene of scenes) await scene.prepare();
    const armed = crashes.map((crash) => this.#arm(crash));
    clients.start();
    try {
      await Promise.all(
        scenes.map(async (scene, index) => {
          await scene.play();
          await armed[index]!.dead;
          if (!this.#waitForLeases && isOnlyRelay(points[index]!)) await this.#endLeases();
          await scene.end();
          await this.#start(points[index]!.process);
        }),
      );
    } finally {
      await clients.stop();
    }
    await quiesce(world);
    return { crashes, verdict: await judge(world, clients.log) };
  }

  async #endLeases(): Promise<void> {
    await this.#world.orderDb.query('DELETE FROM outbox_relay');
    await this.#world.orderDb.query("UPDATE outbox_partition SET owned_until = '-infinity'");
  }

  /** Starts a process that is to die at its point. */
  #arm({ point, hit }: Crash): { dead: Promise<void> } {
    const { process: name, name: at } = point;
    const service = this.#world.spawn(
      name,
      { CRASH_AT: at, CRASH_ON_HIT: String(hit), ...settingsOf(point) },
      preload,
    );
    let ended: { code: number | null; signal: NodeJS.Signals | null } | undefined;
    void service.exited.then((how) => (ended = how));
    const dead = eventually(
      () => expect(ended, `${name} has not come to ${at} ${hit} times`).not.to.equal(undefined),
      { withinMs: 60_000 },
    ).then(() => {
      expect(ended, service.logs()).to.deep.equal({ code: null, signal: 'SIGKILL' });
      expect(service.logs()).to.contain(`killed at ${at}`);
    });
    dead.catch(() => {});
    return { dead };
  }
}

/** The other one of a hand-over holds leases of its own, and must keep them. */
const isOnlyRelay = ({ process, scene }: CrashPoint) => process === 'outboxRelay' && scene !== 'hand-over';
