import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkout } from '../folders.ts';
import { waitUntil } from '../wait-until.ts';

describe('The program that npm scripts begin with', () => {
  let folder: string;
  let running: ChildProcess | undefined;

  // A checkout of its own, in which everything is installed: only our own Node, no package.
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'event-sync-bootstrap-'));
    for (const path of [
      'stack/bootstrap.mjs',
      'stack/bootstrap/install.mjs',
      'stack/bootstrap/lock-file.mjs',
    ]) {
      cpSync(join(checkout, path), join(folder, path));
    }
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(join(checkout, 'node_modules', 'node'), join(folder, 'node_modules', 'node'));
    writeFileSync(join(folder, 'package-lock.json'), '{"packages":{}}');
    writeFileSync(join(folder, 'node_modules', '.package-lock.json'), '{"packages":{}}');
  });
  afterEach(() => {
    running?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (source: string, ...parameters: string[]) => {
    writeFileSync(join(folder, 'program.ts'), source);
    const child = spawn(process.execPath, ['stack/bootstrap.mjs', 'program.ts', ...parameters], {
      cwd: folder,
      env: { ...process.env, PATH: '/usr/bin:/bin', CI: 'true' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running = child;
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => (said += data.toString()));
    return {
      child,
      said: () => said,
      closed: once(child, 'close') as Promise<[number | null, string | null]>,
    };
  };

  it('runs TypeScript on the pinned Node, with its arguments, and ends with its exit code', async () => {
    const { said, closed } = run(
      `const told: string = JSON.stringify([process.version.slice(0, 4), ...process.argv.slice(2)]);
       console.log(told, process.env.PATH?.startsWith(process.cwd() + '/node_modules/.bin'));
       process.exitCode = 7;`,
      'one',
      '--two=three four',
    );
    expect(await closed).to.deep.equal([7, null]);
    expect(said()).to.equal('["v24.","one","--two=three four"] true\n');
  });

  it('passes a signal on once, also when terminal and npm both send it', async () => {
    const { child, said, closed } = run(
      `process.on('SIGINT', () => { console.log('SIGINT'); setTimeout(() => process.exit(0), 200); });
       setInterval(() => {}, 1000);
       console.log('up');`,
    );
    await waitUntil(() => said().includes('up'), { deadlineMs: 30_000, otherwise: said });
    child.kill('SIGINT');
    child.kill('SIGINT');
    expect(await closed).to.deep.equal([0, null]);
    expect(said()).to.equal('up\nSIGINT\n');
  });

  it('ends by the signal that ended the program', async () => {
    const { closed } = run(`process.kill(process.pid, 'SIGKILL');`);
    expect(await closed).to.deep.equal([null, 'SIGKILL']);
  });

  it('says what to do when the packages cannot be installed', async () => {
    rmSync(join(folder, 'node_modules', '.package-lock.json'));
    // No package.json, so npm ci fails at once and asks nobody.
    const { said, closed } = run('');
    expect((await closed)[0]).to.equal(1);
    expect(said()).to.match(/npm ci failed .*\n[^]*run the command again/);
  });
});
