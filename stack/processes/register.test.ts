import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectProcess } from './inspect.ts';
import { endLeftovers, forgetProcess, recordFolder, recordProcess, self, type Owner } from './register.ts';

describe('What a crashed starter has left behind', () => {
  const gone: Owner = { host: hostname(), pid: 2 ** 22 + 1, startedAt: 'before' };
  let folder: string;
  let server: ChildProcess;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'event-sync-register-'));
    server = spawn(
      process.execPath,
      ['-e', 'setInterval(() => {}, 1000); console.log("up")', 'marker-of-the-test'],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    await once(server.stdout ?? server, 'data');
  });

  afterEach(() => {
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const write = (changes: object) =>
    writeFileSync(
      join(folder, 'server.json'),
      JSON.stringify({
        name: 'Redis',
        pid: server.pid,
        startedAt: inspectProcess(server.pid ?? 0)?.startedAt,
        marker: 'marker-of-the-test',
        stopSignal: 'SIGTERM',
        owner: gone,
        ...changes,
      }),
    );

  it('is ended by the next one, and its record removed', async () => {
    write({});
    expect(await endLeftovers(folder)).to.deep.equal([`Redis (pid ${server.pid})`]);
    expect(inspectProcess(server.pid ?? 0)).to.equal(undefined);
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('is not touched when its pid has passed to another program', async () => {
    write({ marker: 'some-other-program' });
    expect(await endLeftovers(folder)).to.deep.equal([]);
    write({ startedAt: 'some other time' });
    expect(await endLeftovers(folder)).to.deep.equal([]);
    expect(inspectProcess(server.pid ?? 0)).to.not.equal(undefined);
  });

  it('is not touched while its starter lives', async () => {
    write({ owner: self });
    expect(await endLeftovers(folder)).to.deep.equal([]);
    expect(inspectProcess(server.pid ?? 0)).to.not.equal(undefined);
    expect(readdirSync(folder)).to.deep.equal(['server.json']);
  });

  it('is not touched when its starter runs in another container, of which nothing is known', async () => {
    write({ owner: { ...gone, host: 'another-container' } });
    expect(await endLeftovers(folder)).to.deep.equal([]);
    expect(inspectProcess(server.pid ?? 0)).to.not.equal(undefined);
  });

  it('includes temporary folders', async () => {
    const data = mkdtempSync(join(tmpdir(), 'event-sync-register-data-'));
    recordFolder(data, folder);
    await endLeftovers(folder);
    expect(existsSync(data), 'of a living starter').to.equal(true);
    writeFileSync(join(folder, 'folder.json'), JSON.stringify({ folder: data, owner: gone }));
    await endLeftovers(folder);
    expect(existsSync(data), 'of one that is gone').to.equal(false);
  });

  it('does not include what was ended and forgotten', () => {
    recordProcess({ name: 'Redis', pid: server.pid ?? 0, marker: 'node', stopSignal: 'SIGTERM' }, folder);
    expect(readdirSync(folder)).to.have.length(1);
    forgetProcess(server.pid ?? 0, folder);
    expect(readdirSync(folder)).to.deep.equal([]);
  });
});
