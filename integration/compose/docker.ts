import { spawn } from 'node:child_process';

export interface DockerOptions {
  deadlineMs?: number;
  /** Not ended, or left out, when the walk is stopped. */
  whateverHappens?: boolean;
  env?: Record<string, string>;
}

/** @returns what the command wrote to stdout @throws {Error} with its last lines when it fails or takes too long */
export function docker(
  parameters: readonly string[],
  options: DockerOptions & { folder: string; environment: NodeJS.ProcessEnv; stopping: AbortSignal },
): Promise<string> {
  const { deadlineMs = 120_000, whateverHappens = false, env = {}, stopping } = options;
  return new Promise((resolve, reject) => {
    if (stopping.aborted && !whateverHappens) return reject(stopping.reason as Error);
    // In a process group of its own, so that Ctrl-C reaches it through us only, and never while it cleans up.
    const child = spawn('docker', parameters, {
      cwd: options.folder,
      env: { ...options.environment, ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let everything = '';
    let why = '';
    const end = (reason: string) => {
      why ||= reason;
      child.kill('SIGTERM');
      // It may have handed the signal on to a container that ignores it.
      setTimeout(() => killGroup(child.pid), 20_000).unref();
    };
    const lines = (count: number) => everything.trim().split('\n').slice(-count).join('\n').slice(-4_000);
    const onStop = () => end((stopping.reason as Error).message);
    if (!whateverHappens) stopping.addEventListener('abort', onStop);
    const deadline = setTimeout(() => end(`no end after ${deadlineMs / 1_000} s`), deadlineMs);
    const progress = setInterval(() => console.log(`    ${lines(1).trim()}`), 15_000);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      everything += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (everything += text));
    const settle = (problem: string | undefined) => {
      clearTimeout(deadline);
      clearInterval(progress);
      stopping.removeEventListener('abort', onStop);
      if (problem === undefined) resolve(output);
      else reject(new Error(`docker ${parameters.join(' ')}: ${problem}\n${lines(20)}`));
    };
    child.on('error', (error: NodeJS.ErrnoException) =>
      settle(
        error.code === 'ENOENT' ? 'there is no docker here: install Docker with Compose v2' : error.message,
      ),
    );
    child.on('close', (code) => settle(code === 0 && !why ? undefined : why || `exit code ${code}`));
  });
}

/** `docker compose` is a child of `docker`, and holds the same pipes. */
function killGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
