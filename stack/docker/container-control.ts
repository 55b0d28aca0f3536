import type { Container } from 'dockerode';
import type { ServerControl } from '../control.ts';
import { waitUntil } from '../wait-until.ts';

const startDeadlineMs = 120_000;
const stopGraceSeconds = 20;

export function containerControl(
  title: string,
  container: Container,
  answers: () => Promise<boolean>,
): ServerControl & { waitUntilItAnswers(signal?: AbortSignal): Promise<void> } {
  const state = async () => (await container.inspect()).State;
  const waitUntilItAnswers = (signal?: AbortSignal) =>
    waitUntil(
      async () => {
        if (await answers()) return true;
        const { Running: running, ExitCode: exitCode } = await state();
        if (running) return false;
        throw new Error(
          `${title} did not start: its container ended with exit code ${exitCode}.${await logTail(container)}`,
        );
      },
      {
        deadlineMs: startDeadlineMs,
        intervalMs: 50,
        signal,
        otherwise: () =>
          `${title} did not accept connections in time: \`docker logs ${container.id.slice(0, 12)}\` tells more.`,
      },
    );
  return {
    waitUntilItAnswers,
    async stop() {
      const { Paused: paused } = await state();
      if (paused) await container.unpause();
      await container.stop({ t: stopGraceSeconds }).catch(ignoreUnchanged);
    },
    async kill() {
      const { Running: running } = await state();
      if (!running) return;
      await container.kill({ signal: 'SIGKILL' });
      await container.wait();
    },
    async start() {
      await container.start().catch(ignoreUnchanged);
      await waitUntilItAnswers();
    },
    async pause() {
      await container.pause();
    },
    async resume() {
      await container.unpause();
    },
  };
}

/** 304: it is as it was asked to be already. */
function ignoreUnchanged(error: unknown): void {
  if ((error as { statusCode?: number }).statusCode !== 304) throw error;
}

async function logTail(container: Container): Promise<string> {
  const raw = await container.logs({ stdout: true, stderr: true, tail: 20 });
  // Each piece has a header of eight bytes, the first of them 1 or 2 and then three zeros: see "Stream format" in
  // https://docs.docker.com/reference/api/engine/version/v1.43/#tag/Container/operation/ContainerAttach
  const text = raw.toString('latin1').replaceAll(/[\x01\x02]\0\0\0[\s\S]{4}/g, '');
  return ` The end of its log:\n${Buffer.from(text, 'latin1').toString().trimEnd()}`;
}
