/** What can be wrong with moving a partition to another node. */
import type { ErrorFacts } from './entry.js';

export const MOVE_ERRORS = {
  BRIDLE_UNKNOWN_NODE: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'The cluster has no replica server with that address.',
    consequence: 'Nothing was changed: the partition is served where it is.',
    causes: [
      'The address is a slip, or belongs to another cluster.',
      'The server has not reported since the meta server started.',
    ],
    next: 'bridle move {table}',
  },
  BRIDLE_NODE_DEAD: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'A replica server that the move needs does not report.',
    consequence:
      'Nothing was changed. A move takes a partition from a server that runs to another one that runs; what a dead one holds can only be had by starting it again.',
    causes: ['The server was stopped or has died.', 'It cannot reach its meta server.'],
    next: 'bridle move {table}',
  },
  BRIDLE_MOVING: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'The partition is being moved already.',
    consequence: 'Nothing was changed. The move under way goes on, and ends or is undone by itself.',
    causes: ['Somebody else has begun a move.', 'An earlier call gave up waiting for its move.'],
    next: 'bridle move {table}',
  },
  BRIDLE_ALREADY_THERE: {
    kind: 'terminal',
    outcomeUnknown: false,
    what: 'The partition is at that server already.',
    consequence: 'Nothing was changed.',
    causes: ['It was put there, or has been moved there before.'],
    next: 'bridle move {table}',
  },
  BRIDLE_MOVE_UNDONE: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'The partition could not be moved, and stays where it was.',
    consequence:
      'Nothing was lost: the server that had the partition serves it again, and the hint says what was in the way.',
    causes: [
      'The new server cannot read from the old one: the network, or the policy.',
      'The disk of the new server is full or fails.',
      'One of the two servers died meanwhile.',
    ],
    next: 'bridle move {table}',
  },
} satisfies Record<`BRIDLE_${string}`, ErrorFacts>;
