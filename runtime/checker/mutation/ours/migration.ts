/** What could be wrong with a migration: mostly that it goes on with less than it has seen. */
import type { MigrationContext, MigrationEvent, MigrationReply } from '../../../../machines/index.js';
import type { Plan } from '../mutant.js';
import { assigns, domain, effectSays, guardIs, guardSees, startsWith } from './edits.js';

type Args = { readonly context: MigrationContext; readonly event: MigrationEvent };

/** Every look shows something else than there is. */
const looksSee = (change: (view: NonNullable<MigrationReply['view']>) => MigrationReply['view']) =>
  guardSees<MigrationContext, MigrationEvent>(
    'sees',
    ({ context, event }: Args): Args => ({
      context,
      event:
        event.type === 'MIGRATION_REPLY' && event.view !== undefined
          ? ({ ...event, view: change(event.view) } as MigrationReply)
          : event,
    }),
  );

export const MIGRATION_MUTANTS: readonly Plan[] = [
  domain(
    'sees.drained',
    'a closed source counts as drained',
    looksSee((view) => ({ ...view, drained: true })),
  ),
  domain(
    'sees.inForce',
    'a fence that was asked for counts as in force',
    looksSee((view) => (view.fence === 'asked' ? { ...view, fence: 'in-force' } : view)),
  ),
  domain(
    'sees.foreign',
    'a fence of somebody else counts as its own',
    looksSee((view) => (view.fence === 'foreign' ? { ...view, fence: 'in-force' } : view)),
  ),
  domain(
    'verify.equal',
    'rows that differ count as equal',
    guardSees<MigrationContext, MigrationEvent>(
      'sees',
      ({ context, event }: Args): Args => ({
        context,
        event: event.type === 'MIGRATION_REPLY' && event.equal === false ? { ...event, equal: true } : event,
      }),
    ),
  ),
  domain(
    'verify.skipped',
    'nothing is compared',
    guardIs('drainedUnverified', () => false),
  ),
  domain(
    'decided.forgotten',
    'after the decision there is a way back',
    guardIs('decided', () => false),
  ),
  domain(
    'decided.start',
    'a resumed run forgets that it was decided',
    startsWith((context) => ({ ...context, decided: false })),
  ),
  domain(
    'record.step',
    'the decision is not what the journal says',
    effectSays('askMigration', (params) => {
      const { request } = params as { request: { kind: string; step?: string } };
      return request.step === 'decided' ? { request: { ...request, step: 'fencing' } } : params;
    }),
  ),
  domain(
    'noteTrouble.attempt',
    'failed attempts are not counted',
    assigns<MigrationContext, MigrationEvent>('noteTrouble', (given) => ({ ...given, attempt: 0 })),
  ),
];
