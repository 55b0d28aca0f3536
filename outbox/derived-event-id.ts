import { v5 as uuidv5 } from 'uuid';

/** Fixed: with another one, an event that was appended once more by its name would be applied once more. */
const namespace = '5b7f7bb0-5c0f-5a8e-9d53-0c1a4f2e9b11';

/**
 * An id that depends on a name alone: for an event that is made anew from what it tells of, because its first row is
 * gone. However often it is appended, consumers apply it once.
 *
 * @param name e.g. `order_created:1`
 */
export const derivedEventId = (name: string): string => uuidv5(name, namespace);
