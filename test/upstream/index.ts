/**
 * Upstream's protocol as models, before and after the fix of #2146, and the gallery of what is wrong
 * with it. For proofs only: nothing that runs imports it.
 *
 * @example
 * const results = await Promise.all(upstreamModels('before').map((model) => check(model)));
 */
import type { Model } from '../../runtime/checker/product/model.js';
import { type Defect, type DefectEntry, defective, modelNameOf } from './defect.js';
import type { UpstreamVersion } from './fixes.js';
import { CREATION_DEFECTS } from './gallery/creation.js';
import { REPLICA_DEFECTS } from './gallery/replica.js';
import { RETENTION_DEFECTS } from './gallery/retention.js';
import { SHIPPING_DEFECTS } from './gallery/shipping.js';

export { type Defect, type DefectEntry, defective, type OursAnswer, repaired } from './defect.js';
export { FIXES, type Fixes, type FixName, fixesOf, type UpstreamVersion } from './fixes.js';

/** Every defect, in the order of the gallery: by what they are about, reported ones first. */
export const GALLERY: readonly DefectEntry[] = [
  ...CREATION_DEFECTS,
  ...REPLICA_DEFECTS,
  ...SHIPPING_DEFECTS,
  ...RETENTION_DEFECTS,
];

export const DEFECTS: readonly Defect[] = GALLERY.map((entry) => ({
  name: entry.id,
  title: entry.title,
  model: modelNameOf(entry),
  property: entry.property,
  versions: entry.versions,
  reported: entry.reported,
}));

/** One model for each defect of the version: small, and with the one property that the defect breaks. */
export function upstreamModels(version: UpstreamVersion): readonly Model[] {
  return GALLERY.filter(({ versions }) => versions.includes(version)).map((entry) =>
    defective(entry, version),
  );
}
