/** What could be wrong with a supervisor: mostly that it takes away more than it may. */
import type {
  SupervisionReply,
  SupervisionView,
  SupervisorContext,
  SupervisorEvent,
} from '../../../../machines/index.js';
import type { Plan } from '../mutant.js';
import { assigns, domain, effectSays, guardIs, guardSees, startsWith } from './edits.js';

type Args = { readonly context: SupervisorContext; readonly event: SupervisorEvent };

/** Every look shows something else than there is. */
const looksSee = (change: (view: SupervisionView) => SupervisionView) =>
  guardSees<SupervisorContext, SupervisorEvent>(
    'sees',
    ({ context, event }: Args): Args => ({
      context,
      event:
        event.type === 'SUPERVISION_REPLY' && event.view !== undefined
          ? ({ ...event, view: change(event.view) } as SupervisionReply)
          : event,
    }),
  );

const judgesWith = (change: (context: SupervisorContext) => SupervisorContext) =>
  guardSees<SupervisorContext, SupervisorEvent>(
    'sees',
    ({ context, event }: Args): Args => ({ context: change(context), event }),
  );

export const SUPERVISOR_MUTANTS: readonly Plan[] = [
  domain(
    'sees.permitted',
    'everything counts as allowed',
    judgesWith((context) => ({ ...context, heal: ['drop-orphan', 'drop-leftover', 'recopy'] })),
  ),
  domain(
    'sees.healLimit',
    'there is no limit to healings',
    judgesWith((context) => ({ ...context, healLimit: 99 })),
  ),
  domain(
    'sees.removed',
    'what somebody has removed counts as cleared',
    judgesWith((context) =>
      context.memory.step === 'tracking'
        ? { ...context, memory: { ...context.memory, step: 'cleared' } }
        : context,
    ),
  ),
  domain(
    'sees.paused',
    'a paused duplication counts as one that is stuck',
    looksSee((view) => (view.status === 'DS_PAUSE' ? { ...view, status: 'DS_PREPARE' } : view)),
  ),
  domain(
    'sees.copied',
    'DS_PREPARE counts as DS_LOG',
    looksSee((view) => (view.status === 'DS_PREPARE' ? { ...view, status: 'DS_LOG', blocked: false } : view)),
  ),
  domain(
    'verify.equal',
    'rows that differ count as equal',
    guardSees<SupervisorContext, SupervisorEvent>(
      'sees',
      ({ context, event }: Args): Args => ({
        context,
        event:
          event.type === 'SUPERVISION_REPLY' && event.equal === false ? { ...event, equal: true } : event,
      }),
    ),
  ),
  domain(
    'verify.skipped',
    'nothing is compared',
    judgesWith((context) => ({ ...context, verify: false })),
  ),
  domain(
    'adds.always',
    'whatever was recorded, it is added',
    guardIs('adds', () => true),
  ),
  domain(
    'memory.start',
    'a resumed run forgets what was begun',
    startsWith((context) => ({
      ...context,
      memory: { ...(context.memory as SupervisorContext['memory']), heal: null },
    })),
  ),
  domain(
    'record.memory',
    'the journal is told something else',
    effectSays('askSupervision', (params) => {
      const { request } = params as { request: { kind: string; memory?: object } };
      return request.kind === 'Record'
        ? { request: { ...request, memory: { ...request.memory, heal: null } } }
        : params;
    }),
  ),
  domain(
    'drop.appId',
    'whatever table has the name is dropped',
    effectSays('askSupervision', (params) => {
      const { request } = params as { request: { kind: string; appId?: number } };
      return request.kind === 'Drop' ? { request: { ...request, appId: 0 } } : params;
    }),
  ),
  domain(
    'noteTrouble.attempt',
    'failed attempts are not counted',
    assigns<SupervisorContext, SupervisorEvent>('noteTrouble', (given) => ({ ...given, attempt: 0 })),
  ),
];
