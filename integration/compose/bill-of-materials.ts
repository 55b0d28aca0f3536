import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Lists every package below the working folder that is not a link to one of ours, as name@version. */
const listPackages = `
  const { existsSync, globSync, readFileSync } = require('node:fs');
  const found = new Set();
  for (const folder of globSync('{.,*}/{,node_modules/**/}node_modules/{[!@.]*,@*/*}')) {
    const file = folder + '/package.json';
    if (folder.includes('@event-sync/') || !existsSync(file)) continue;
    const { name, version } = JSON.parse(readFileSync(file, 'utf8'));
    found.add(name + '@' + version);
  }
  console.log(JSON.stringify([...found].sort()));`;

interface Bill {
  bomFormat: string;
  components: { name: string; group?: string; version: string; purl: string; hashes?: object[] }[];
}

/**
 * Compares the bill of materials with what is there. Not made with `--omit dev`: npm 11 leaves out whatever some
 * development dependency needs too, which were `pg`, `rascal` and `amqplib`.
 *
 * @param run a script of Node in a container of the image
 * @returns how many packages there are
 */
export async function assertBillOfMaterials(
  checkout: string,
  run: (program: string) => Promise<string>,
): Promise<number> {
  const { stdout } = await promisify(execFile)('npm', ['run', '--silent', 'sbom'], {
    cwd: checkout,
    maxBuffer: 64 * 1024 * 1024,
  });
  const { bomFormat, components } = JSON.parse(stdout) as Bill;
  assert.equal(bomFormat, 'CycloneDX');
  // Those with a hash are what was installed from elsewhere; our workspaces have none.
  const listed = components
    .filter(({ hashes }) => hashes && hashes.length > 0)
    .map(({ name, group, version }) => `${group ? `${group}/` : ''}${name}@${version}`);
  const installed = JSON.parse(await run(listPackages)) as string[];
  assert.deepEqual([...new Set(listed)].sort(), installed);
  return installed.length;
}
