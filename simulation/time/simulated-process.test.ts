import { expect } from 'chai';
import { setTimeout as delay } from 'node:timers/promises';
import { Clock } from './clock.ts';
import { installProcessGlobals } from './process-globals.ts';
import { SimulatedProcess } from './simulated-process.ts';

describe('a simulated process', () => {
  let clock: Clock;
  let process: SimulatedProcess;
  let log: string[];
  const note = (what: string) => log.push(`${clock.now} ${what}`);

  before(installProcessGlobals);

  beforeEach(() => {
    clock = new Clock();
    process = new SimulatedProcess('one', clock, () => 0.5);
    log = [];
  });

  it('has its timers, intervals and delays at their simulated times, in no real time', async () => {
    process.run(() => {
      setTimeout(() => note('timer'), 5_000);
      const interval = setInterval(() => note('interval'), 2_000);
      void delay(4_500, 'delay').then((value) => {
        note(value);
        clearInterval(interval);
      });
    });
    await clock.advance(60_000);
    expect(log).to.deep.equal(['2000 interval', '4000 interval', '4500 delay', '5000 timer']);
  });

  it('gets what came while it was paused afterwards, and in order', async () => {
    process.run(() => setTimeout(() => note('timer'), 10));
    process.pause();
    await clock.advance(20);
    process.deliver(() => note('answer'));
    expect(log).to.be.empty;
    process.resume();
    process.deliver(() => note('later answer'));
    await clock.advance(0);
    expect(log).to.deep.equal(['20 timer', '20 answer', '20 later answer']);
  });

  it('does nothing any more once it is killed', async () => {
    process.run(() => setTimeout(() => note('timer'), 10));
    process.kill();
    process.deliver(() => note('answer'));
    await clock.advance(20);
    expect(log).to.be.empty;
  });

  it('has a monotonic clock that stands while its machine is suspended, and a wall clock that can be set', async () => {
    const times = () => process.run(() => ({ monotonic: performance.now(), wall: Date.now() }));
    const before = times();
    process.pause({ machine: true });
    await clock.advance(1_000);
    process.resume();
    await clock.advance(10);
    process.setWallClock(-500);
    expect(times()).to.deep.equal({ monotonic: before.monotonic + 10, wall: before.wall + 510 });
  });

  it('leaves the clocks of all other code alone', () => {
    expect(Date.now()).to.be.greaterThan(process.run(() => Date.now()));
  });
});
