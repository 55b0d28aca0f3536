/**
 * Marks a step at which a process may die: before and after everything that leaves it, be it a statement, a message or
 * an answer. Does nothing, and costs nothing: V8 inlines an empty function.
 * Only the crash sweep of integration/faults puts another one in its place, which kills the process.
 *
 * @param _point as listed in integration/faults/crash-points.ts
 */
export function probe(_point: string): void {}
