import type { ComposeProject } from './project.ts';

export type Step = readonly [title: string, step: () => Promise<void>];

/** Takes the steps until one fails, removes the project, and ends this process: with 0 if none has failed. */
export async function takeWalk(project: ComposeProject<string>, walk: readonly Step[]): Promise<never> {
  let passed = 0;
  let failed = 0;
  const attempt = async (title: string, step: () => Promise<void>): Promise<boolean> => {
    const start = performance.now();
    console.log(`  ${title} …`);
    try {
      await step();
      passed++;
      console.log(`  ok, ${((performance.now() - start) / 1_000).toFixed(1)} s`);
      return true;
    } catch (error) {
      failed++;
      console.log(`  FAILED: ${(error as Error).message}`);
      return false;
    }
  };
  if (!(await attempt('Docker answers', async () => void (await project.docker(['info']))))) {
    console.log('0 passed, 1 failed');
    process.exit(1);
  }
  console.log(
    `Compose project ${project.name}; if this is killed, remove it with: docker compose -p ${project.name} down -v`,
  );
  for (const [title, step] of walk) {
    if (!(await attempt(title, step))) break;
  }
  const skipped = 1 + walk.length - passed - failed;
  if (failed > 0 && !project.stopping.aborted) await project.showLogs();
  await attempt('all of it is removed again', () => project.remove());
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exit(project.stopping.aborted ? 130 : failed > 0 ? 1 : 0);
}
