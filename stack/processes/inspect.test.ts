import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { endTree, killTree } from './end.ts';
import { inspectProcess, isSameProcess, processTree } from './inspect.ts';

/** A process that starts another one, and both wait until they are ended. */
async function startFamily(parentExtra = ''): Promise<number> {
  const program = `
    ${parentExtra}
    require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    setInterval(() => {}, 1000);
    console.log('up');`;
  const parent = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(parent.stdout, 'data');
  return parent.pid ?? 0;
}

describe('A process of this machine', () => {
  it('is known by when it was started and by its command line', () => {
    const facts = inspectProcess(process.pid);
    expect(facts).to.include({ pid: process.pid, parent: process.ppid });
    expect(facts?.command).to.include(basename(process.argv[1] ?? ''));
    expect(isSameProcess({ pid: process.pid, startedAt: facts?.startedAt ?? '' })).to.equal(true);
  });

  it('is another one when its pid is the same and its start is not', () => {
    expect(isSameProcess({ pid: process.pid, startedAt: 'some other time' })).to.equal(false);
  });

  it('is killed together with its children', async () => {
    const pid = await startFamily();
    const family = processTree(pid);
    expect(family).to.have.length(2);
    await killTree(pid);
    expect(family.filter(isSameProcess)).to.deep.equal([]);
  });

  it('is asked to end, and what it leaves running is killed', async () => {
    const pid = await startFamily();
    const family = processTree(pid);
    // Its child does not hear of the signal.
    expect(await endTree(pid, 'SIGTERM', 5_000)).to.equal(false);
    expect(family.filter(isSameProcess)).to.deep.equal([]);
  });

  it('is killed when it does not heed the signal', async () => {
    const pid = await startFamily(`process.on('SIGTERM', () => {});`);
    expect(await endTree(pid, 'SIGTERM', 100)).to.equal(false);
    expect(inspectProcess(pid)).to.equal(undefined);
  });
});
