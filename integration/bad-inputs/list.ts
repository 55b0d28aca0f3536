import type { BadInput } from './bad-input.ts';
import { bodies } from './bodies.ts';
import { framing } from './framing.ts';
import { membersOfOrders } from './members.ts';
import { methods, paths } from './paths.ts';

export const badInputs: readonly BadInput[] = [
  ...membersOfOrders,
  ...bodies,
  ...paths,
  ...methods,
  ...framing,
];
