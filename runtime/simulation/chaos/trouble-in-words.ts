/** What goes wrong, as one would tell it. */
import { patternInWords } from '../message-pattern.js';
import type { ChaosTrouble, Moment, PlannedEvent, Verb } from './plan.js';

/** @example eventInWords({ id: 3, atMs: 0, trouble: { kind: 'foreign-table' }, moment: null }) */
export function eventInWords({ trouble, moment }: PlannedEvent): string {
  return `${troubleInWords(trouble)}${moment === null ? '' : `, ${momentInWords(moment)}`}`;
}

function momentInWords({ step, nth, afterMs }: Moment): string {
  const what =
    step.of === 'message' ? patternInWords(step) : `${step.what} of ${step.path} by ${step.server}`;
  return `${afterMs === 0 ? 'at' : `${seconds(afterMs)} after`} the ${nth === 1 ? 'next' : `${ordinal(nth)} next`} ${what}`;
}

const ordinal = (nth: number): string => `${nth}${['th', 'st', 'nd', 'rd'][nth < 4 ? nth : 0]}`;

/** @example troubleInWords({ kind: 'full-disk', forMs: 2000, server: 'east/meta' }) // 'the disk of east/meta is full for 2 s' */
export function troubleInWords(trouble: ChaosTrouble): string {
  switch (trouble.kind) {
    case 'loss':
    case 'delay':
    case 'duplicate':
    case 'reorder': {
      const { kind, pattern, probability, mostMs, mostPasses, forMs } = trouble;
      const others = `up to ${mostPasses} other messages between the two`;
      const which = `${Math.round(probability * 100)} % of every ${patternInWords(pattern)}`;
      const fate = {
        loss: 'is lost',
        delay: `takes up to ${seconds(mostMs)}`,
        duplicate: `arrives again ${mostPasses === null ? `within ${seconds(mostMs)}` : `after ${others}`}`,
        reorder:
          mostPasses === null ? `takes up to ${seconds(mostMs)}, out of order` : `arrives after ${others}`,
      }[kind];
      return `${which} ${fate} for ${seconds(forMs)}`;
    }
    case 'partition-one-way':
      return `nothing gets from ${trouble.from} to ${trouble.to} for ${seconds(trouble.forMs)}`;
    case 'partition-two-way':
      return `nothing gets from ${trouble.from} to ${trouble.to}, nor back, for ${seconds(trouble.forMs)}`;
    case 'policy':
      return `the policy of ${trouble.cluster} is ${JSON.stringify(trouble.rules)} for ${seconds(trouble.forMs)}`;
    case 'kill':
    case 'crash':
    case 'torn-write': {
      const { kind, server, downMs, atOperation } = trouble;
      const at =
        atOperation === null
          ? ''
          : ` ${atOperation.when} its disk operation ${atOperation.nth}${OPERATIONS[atOperation.what]} from then`;
      const how = {
        kill: 'is killed',
        crash: 'crashes, and what it has not synced is gone',
        'torn-write': 'crashes, and what it has not synced is torn',
      }[kind];
      return `${server} ${how}${at}, for ${seconds(downMs)}`;
    }
    case 'cluster-crash':
      return `all of ${trouble.cluster} goes down for ${seconds(trouble.downMs)}${trouble.torn ? ', with torn writes' : ''}`;
    case 'failed-write': {
      const { server, operation, probability, forMs } = trouble;
      const what = operation === '*' ? 'disk operation' : operation;
      return `${Math.round(probability * 100)} % of every ${what} of ${server} fails with EIO for ${seconds(forMs)}`;
    }
    case 'full-disk':
      return `the disk of ${trouble.server} is full for ${seconds(trouble.forMs)}`;
    case 'slow-disk':
      return `the disk of ${trouble.server} takes up to ${seconds(trouble.mostMs)} for ${seconds(trouble.forMs)}`;
    case 'bit-rot':
      return `${trouble.times} bits turn over in files of a checkpoint where they are ${trouble.where}`;
    case 'clock-jump':
      return `the clock of ${trouble.server} jumps by ${seconds(trouble.byMs)}`;
    case 'foreign-table':
      return 'somebody else makes a table of that name at the follower';
    case 'move':
      return `partition ${trouble.partition} of ${trouble.cluster} moves on by ${trouble.further} nodes`;
    case 'operator':
      return `operator: ${verbInWords(trouble.action)}`;
  }
}

const OPERATIONS = {
  any: '',
  change: ' that changes something',
  log: ' on a log',
  checkpoint: ' on a checkpoint',
};

function verbInWords(action: Verb): string {
  switch (action.verb) {
    case 'add':
      return `add with policy ${action.policy}, ${action.onRemove} on removal`;
    case 'remove':
      return action.follower === null ? 'remove' : `remove, and ${action.follower} the follower table`;
    case 'fail-mode':
      return `fail mode ${action.failMode}`;
    default:
      return action.verb;
  }
}

const seconds = (ms: number): string =>
  Math.abs(ms) < 1_000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`;
