import { randomBytes } from 'node:crypto';
import { getContainerRuntimeClient } from 'testcontainers';
import { checkoutId } from '../folders.ts';
import { isGone, self, type Owner } from '../processes/register.ts';

// In place of testcontainers' reaper, a further image that needs the engine's socket: one way for containers and for
// processes alike, and what a crashed starter left behind goes when the next one starts.
const checkoutLabel = 'event-sync.checkout';
const ownerLabel = 'event-sync.owner';
const startLabel = 'event-sync.start';

/** What marks a container as started by this process, in the start with this id. */
export const ownLabels = (start: string): Record<string, string> => ({
  [checkoutLabel]: checkoutId,
  [ownerLabel]: JSON.stringify(self),
  [startLabel]: start,
});

/** Readable in `docker ps`, and unique: several starts may run on one engine. */
export const containerName = (server: string) =>
  `event-sync-${server.toLowerCase()}-${randomBytes(3).toString('hex')}`;

/** Removes the containers of this checkout whose starter is gone. @returns their names */
export async function removeLeftoverContainers(): Promise<string[]> {
  return removeContainers((labels) => isGone(ownerIn(labels)));
}

/** Removes what the given process has started, whether it still runs or not. */
export async function removeContainersOf(owner: Owner): Promise<void> {
  await removeContainers((labels) => {
    const { pid, startedAt } = ownerIn(labels);
    return pid === owner.pid && startedAt === owner.startedAt;
  });
}

/** Removes those of one start, also the ones that were created and could not be started. */
export async function removeContainersOfStart(start: string): Promise<void> {
  await removeContainers((labels) => labels[startLabel] === start);
}

const ownerIn = (labels: Record<string, string>) => JSON.parse(labels[ownerLabel] ?? '{}') as Owner;

async function removeContainers(chooses: (labels: Record<string, string>) => boolean): Promise<string[]> {
  const { dockerode } = (await getContainerRuntimeClient()).container;
  const ours = await dockerode.listContainers({
    all: true,
    filters: { label: [`${checkoutLabel}=${checkoutId}`] },
  });
  const chosen = ours.filter(({ Labels: labels }) => chooses(labels));
  await Promise.all(
    chosen.map(async ({ Id: id }) => {
      try {
        // With its anonymous volumes; named ones, which hold what is kept, stay.
        await dockerode.getContainer(id).remove({ force: true, v: true });
      } catch (error) {
        // 404, 409: somebody else is removing it, or has.
        if (![404, 409].includes((error as { statusCode?: number }).statusCode ?? 0)) throw error;
      }
    }),
  );
  return chosen.map(({ Names: names, Image: image }) => `container ${names[0]?.slice(1) ?? ''} (${image})`);
}
