/** Coverage from a file: what `bridle paths --json` printed, or an overlay by itself. */
import { z } from 'zod';
import { DiagramError } from './diagram-error.js';
import type { Overlay } from './overlay.js';

const counts = z.record(z.string(), z.number().int().min(0));
const overlay = z.object({ machine: z.string(), transitions: counts, states: counts });
const file = z.union([
  overlay.transform((one): Overlay[] => [one]),
  z.object({ overlay }).transform((report): Overlay[] => [report.overlay]),
  z
    .object({ machines: z.array(z.object({ overlay })) })
    .transform(({ machines }) => machines.map((each) => each.overlay as Overlay)),
]);

/**
 * The overlay of one machine.
 *
 * @param json text of the file
 * @throws DiagramError if it is something else, or tells of other machines only
 */
export function readOverlay(json: string, machine: string): Overlay {
  const problem = (why: string) => new DiagramError({ machine, state: null, feature: 'the overlay' }, why);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw problem(`is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const read = file.safeParse(value);
  if (!read.success) throw problem('is not what `bridle paths --json` prints');
  const found = read.data.find((each) => each.machine === machine);
  if (found !== undefined) return found;
  const others = read.data.map((each) => each.machine).join(', ');
  throw problem(`tells of ${others === '' ? 'no machine' : others}, not of ${machine}`);
}
