/** A server that an audit needs and that does not answer. The message is a sentence for people. */
export class Unreachable extends Error {}

/** @throws {Unreachable} that names the server, where the clients' own errors often name none, or say nothing. */
export async function reach<T>(server: string, connecting: Promise<T>): Promise<T> {
  try {
    return await connecting;
  } catch (error) {
    // One address after the other was tried: the reasons are in it, and it has no message.
    const reasons = error instanceof AggregateError ? (error.errors as Error[]) : [error as Error];
    throw new Unreachable(
      `${server} cannot be reached: ${reasons.map(({ message }) => message).join(', ')}`,
      { cause: error },
    );
  }
}
