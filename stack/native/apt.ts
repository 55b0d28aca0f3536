import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { debianPackages, type Installable } from './how-to-install.ts';

// Debian asks this program whether a package may start its service; 101 is no. See invoke-rc.d(8).
const policyFile = '/usr/sbin/policy-rc.d';
const policy =
  '#!/bin/sh\n# event-sync: packages must not start services while they are installed. Removed right after.\nexit 101\n';

/**
 * Installs the packages on Debian or Ubuntu, as root. Their services are not started: we run instances of our own.
 * An installation that has begun is not broken off, also not by the signal: it would leave packages half configured.
 *
 * @returns false where this cannot be done: another system, or not root
 */
export async function installWithApt(
  missing: readonly Installable[],
  options: { onProgress: (text: string) => void; signal: AbortSignal | undefined },
): Promise<boolean> {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false;
  const packages = missing.map((each) => debianPackages[each]);
  options.onProgress(
    `Installing ${packages.join(' and ')} with apt-get (their system services are not started)`,
  );
  await apt(['update'], options);
  options.signal?.throwIfAborted();
  const remove = forbidServiceStarts();
  try {
    await apt(['install', '--yes', '--no-install-recommends', ...packages], options);
  } finally {
    remove();
  }
  options.onProgress(
    `Installed ${packages.join(' and ')}. Where systemd runs, their services start with the machine from now on:` +
      ` to prevent that, \`systemctl disable ${packages.join(' ')}\``,
  );
  return true;
}

/** @returns what undoes it; a policy that the machine has already is left as it is */
function forbidServiceStarts(): () => void {
  const present = existsSync(policyFile) ? readFileSync(policyFile, 'utf8') : undefined;
  // Ours from an installation that was killed counts as none.
  if (present !== undefined && present !== policy) return () => {};
  writeFileSync(policyFile, policy, { mode: 0o755 });
  return () => rmSync(policyFile, { force: true });
}

const showEveryMs = 3_000;

async function apt(
  command: readonly string[],
  { onProgress, signal }: { onProgress: (text: string) => void; signal: AbortSignal | undefined },
): Promise<void> {
  const text = `apt-get ${command.join(' ')}`;
  onProgress(text);
  const onAbort = () => onProgress(`Waiting for \`${text}\` to end: breaking it off could damage the system`);
  signal?.addEventListener('abort', onAbort);
  const began = performance.now();
  let said = '';
  const code = await new Promise<number | null>((resolve, reject) => {
    // Waits for another apt or dpkg, of an automatic update for instance, instead of failing.
    const child = spawn('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...command], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let lastShown = performance.now();
    const listen = (data: Buffer) => {
      said = (said + data.toString()).slice(-20_000);
      const step = /^(?:Get:\d+|Unpacking|Setting up|Processing triggers for) .*$/m.exec(
        data.toString(),
      )?.[0];
      if (step === undefined || performance.now() - lastShown < showEveryMs) return;
      lastShown = performance.now();
      onProgress(`apt-get ${command[0]}: ${step}`);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.on('error', reject);
    child.on('close', resolve);
  }).finally(() => signal?.removeEventListener('abort', onAbort));
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  if (code === 0) return onProgress(`${text}: done in ${seconds} s`);
  // An index that cannot be refreshed is no reason to give up: what is needed may be known already.
  if (command[0] === 'update')
    return onProgress(`${text} failed (exit code ${code}): going on with the known packages`);
  throw new Error(
    `\`${text}\` failed with exit code ${code} after ${seconds} s:\n${said.trim().split('\n').slice(-20).join('\n')}`,
  );
}
