import { describe, expect, it } from 'vitest';
import {
  DUPLICATION_STATUSES,
  type DuplicationStatus,
  FAIL_MODES,
  formatOwner,
  isLegalSuccessor,
  LEGAL_SUCCESSORS,
  OPERATOR_MAY_REQUEST,
  operatorVerbs,
} from '../../machines/vocabulary.js';

/** Upstream's table, `duplication_info.h:108-121`: [from][to]. */
const UPSTREAM: Record<DuplicationStatus, Record<DuplicationStatus, boolean>> = {
  DS_INIT: {
    DS_INIT: true,
    DS_PREPARE: true,
    DS_APP: false,
    DS_LOG: true,
    DS_PAUSE: false,
    DS_REMOVED: true,
  },
  DS_PREPARE: {
    DS_INIT: false,
    DS_PREPARE: true,
    DS_APP: true,
    DS_LOG: false,
    DS_PAUSE: false,
    DS_REMOVED: true,
  },
  DS_APP: {
    DS_INIT: false,
    DS_PREPARE: false,
    DS_APP: true,
    DS_LOG: true,
    DS_PAUSE: false,
    DS_REMOVED: true,
  },
  DS_LOG: {
    DS_INIT: false,
    DS_PREPARE: false,
    DS_APP: false,
    DS_LOG: true,
    DS_PAUSE: true,
    DS_REMOVED: true,
  },
  DS_PAUSE: {
    DS_INIT: false,
    DS_PREPARE: false,
    DS_APP: false,
    DS_LOG: true,
    DS_PAUSE: true,
    DS_REMOVED: true,
  },
  DS_REMOVED: {
    DS_INIT: false,
    DS_PREPARE: false,
    DS_APP: false,
    DS_LOG: false,
    DS_PAUSE: false,
    DS_REMOVED: true,
  },
};

describe('which status may follow which (SPEC S-LEGAL-1)', () => {
  it.each(DUPLICATION_STATUSES.flatMap((from) => DUPLICATION_STATUSES.map((to) => [from, to] as const)))(
    'given %s, when %s is next, then the answer is upstream’s',
    (from, to) => {
      expect(isLegalSuccessor(from, to)).toBe(UPSTREAM[from][to]);
    },
  );

  it('given the wire, when values are numbered, then the order is upstream’s', () => {
    expect(DUPLICATION_STATUSES).toEqual([
      'DS_INIT',
      'DS_PREPARE',
      'DS_APP',
      'DS_LOG',
      'DS_PAUSE',
      'DS_REMOVED',
    ]);
    expect(FAIL_MODES).toEqual(['FAIL_SLOW', 'FAIL_SKIP', 'FAIL_FAST']);
  });
});

describe('what an operator may ask for', () => {
  it.each(DUPLICATION_STATUSES)('given %s, then the operator’s table is within the legal one', (status) => {
    for (const next of OPERATOR_MAY_REQUEST[status]) expect(LEGAL_SUCCESSORS[status]).toContain(next);
  });

  it('given DS_APP, then an operator may not start log shipping although it would be legal', () => {
    expect(LEGAL_SUCCESSORS.DS_APP).toContain('DS_LOG');
    expect(OPERATOR_MAY_REQUEST.DS_APP).not.toContain('DS_LOG');
  });

  it('given each status, then the verbs are these', () => {
    const expected: Record<DuplicationStatus, readonly string[]> = {
      DS_INIT: [],
      DS_PREPARE: ['remove', 'fail-mode'],
      DS_APP: ['remove', 'fail-mode'],
      DS_LOG: ['pause', 'remove', 'fail-mode'],
      DS_PAUSE: ['start', 'remove', 'fail-mode'],
      DS_REMOVED: [],
    };
    for (const status of DUPLICATION_STATUSES) expect(operatorVerbs(status)).toEqual(expected[status]);
  });
});

it('given an identity, then its owner mark names all three parts', () => {
  expect(formatOwner({ sourceCluster: 'a', sourceTable: 't', duplicationId: 7 })).toBe('a/t/7');
});
