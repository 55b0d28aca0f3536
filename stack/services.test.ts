import { expect } from 'chai';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports.ts';
import { inspectProcess } from './processes/inspect.ts';
import { startService, type Service } from './services.ts';
import { waitUntil } from './wait-until.ts';

describe('A service that is started as a child', () => {
  let folder: string;
  let service: Service | undefined;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'event-sync-services-'))));
  afterEach(async () => {
    await service?.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  const web = `
    import { createServer } from 'node:http';
    let asked = 0;
    createServer((request, response) => {
      // Not ready at first, as a service that waits for its broker.
      response.writeHead(request.url === '/readyz' && ++asked > 2 ? 200 : 503).end('still connecting');
    }).listen(Number(process.env.PORT), '127.0.0.1');
    console.log('hello from ' + process.env.WHO);
    process.on('SIGTERM', () => process.exit(0));`;
  const program = (source: string) => {
    const file = join(folder, 'program.ts');
    writeFileSync(file, source);
    return file;
  };
  const start = async (source: string, logTo?: string) => {
    const env = { PORT: String(await freePort()), WHO: 'a test' };
    service = startService({ name: 'stand-in', script: program(source), env, logTo });
    return service;
  };

  it('is ready when /readyz answers 200, and ends with 0 when asked to', async () => {
    const started = await start(web);
    await started.ready();
    expect(inspectProcess(started.pid)?.command).to.include('program.ts');
    expect((await fetch(`${started.url}/readyz`)).status).to.equal(200);
    expect(await started.stop()).to.equal(0);
    expect(await started.stop(), 'a second time').to.equal(0);
    expect(inspectProcess(started.pid)).to.equal(undefined);
  });

  it('can be killed at once', async () => {
    const started = await start(web);
    await started.ready();
    await started.kill();
    expect(await started.exited).to.deep.equal({ code: null, signal: 'SIGKILL' });
  });

  it('is reported with the end of its log when it ends before it is ready', async () => {
    const started = await start(`console.error('the database does not exist'); process.exit(3);`);
    const error = String(await started.ready().catch((reason: unknown) => reason));
    expect(error).to.match(/stand-in ended with exit code 3 before it was ready/);
    expect(error).to.include('the database does not exist');
  });

  it('is reported with its answer when it does not get ready in time', async () => {
    const started = await start(web.replace('> 2', '> 1e9'));
    const answers = async () => (await fetch(`${started.url}/readyz`).catch(() => undefined)) !== undefined;
    await waitUntil(answers, { deadlineMs: 30_000, otherwise: () => started.logs() });
    const error = String(await started.ready({ deadlineMs: 500 }).catch((reason: unknown) => reason));
    expect(error).to.match(/not ready after 0.5 s: GET http.*readyz answers 503 still connecting/);
    expect(error).to.include('hello from a test');
  });

  it('writes to the log file, of which only this start is told', async () => {
    const log = join(folder, 'logs', 'stand-in.log');
    for (const run of [1, 2]) {
      const started = await start(`console.log('run ${run}')`, log);
      expect(await started.exited).to.deep.equal({ code: 0, signal: null });
      expect(started.logs()).to.equal(`run ${run}\n`);
    }
    expect(readFileSync(log, 'utf8')).to.equal('run 1\nrun 2\n');
  });

  it('keeps its log in memory when it was given no file, and leaves nothing behind', async () => {
    const started = await start(`console.log('done')`);
    await started.exited;
    expect(started.logs()).to.equal('done\n');
    expect(existsSync(join(folder, 'stand-in.log'))).to.equal(false);
  });
});
