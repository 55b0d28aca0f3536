import { getContainerRuntimeClient, ImageName } from 'testcontainers';

/** Those of docker-compose.yml and deploy/rabbitmq-cluster/compose.yml: change them together. */
export const images = {
  postgres: 'postgres:17-alpine',
  rabbitmq: 'rabbitmq:4-management',
  redis: 'redis:8-alpine',
} as const;

/** The engine answers, but an image is not there and cannot be fetched. */
export class ImageUnavailable extends Error {
  override readonly name = 'ImageUnavailable';
}

/** Fetches the images that the engine does not have, and says so: it is what takes long the first time. */
export async function fetchImages(onProgress: (text: string) => void, signal?: AbortSignal): Promise<void> {
  const client = await getContainerRuntimeClient();
  for (const image of Object.values(images)) {
    signal?.throwIfAborted();
    const name = ImageName.fromString(image);
    if (await client.image.exists(name)) continue;
    onProgress(`Docker: fetching ${image} (only this once)`);
    try {
      await client.image.pull(name);
    } catch (error) {
      throw new ImageUnavailable(`Docker could not fetch ${image}: ${(error as Error).message}.`, {
        cause: error,
      });
    }
  }
}
