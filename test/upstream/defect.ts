/** What an entry of the gallery says, and the models that show it. */
import type { Model } from '../../runtime/checker/product/model.js';
import type { DuplicationModelOptions } from '../../runtime/checker/product/ours/index.js';
import { type Fixes, type FixName, fixesOf, type UpstreamVersion, withFixes, without } from './fixes.js';

export interface DefectEntry {
  /** As known-defects lists number them; `N…` for what this checker found. Letters tell properties apart. */
  readonly id: string;
  readonly title: string;
  /** Where it is reported; null: nowhere, as far as we know. */
  readonly reported: string | null;
  /** Which of the two versions have it. */
  readonly versions: readonly UpstreamVersion[];
  /** Repairs that the version contains and that the code which had the defect did not. */
  readonly missing?: readonly FixName[];
  /** Repairs of other defects that would hide this one, or be mistaken for it. */
  readonly besides?: readonly FixName[];
  /** What ends it: upstream's own repair, or a remedy of ours. Empty: nothing does. */
  readonly repair: readonly FixName[];
  readonly property: string;
  readonly build: (fixes: Fixes) => Model;
  readonly ours: OursAnswer;
}

/** How our charts answer: explored under the same assumptions, or why there is nothing to explore. */
export type OursAnswer =
  | { readonly assume: Partial<DuplicationModelOptions>; readonly property: string }
  | { readonly instead: string };

/** As it is explored and listed: which property of which model shows what. */
export interface Defect {
  readonly name: string;
  readonly title: string;
  readonly model: string;
  readonly property: string;
  readonly versions: readonly UpstreamVersion[];
  readonly reported: string | null;
}

/** The code that has the defect. */
export function defective(entry: DefectEntry, version: UpstreamVersion): Model {
  const fixes = withFixes(without(fixesOf(version), ...(entry.missing ?? [])), ...(entry.besides ?? []));
  return only(entry, entry.build(fixes));
}

/** The same with what ends it. */
export function repaired(entry: DefectEntry, version: UpstreamVersion): Model {
  return only(entry, entry.build(withFixes(fixesOf(version), ...(entry.besides ?? []), ...entry.repair)));
}

export const modelNameOf = ({ id, title }: DefectEntry): string => `${id} ${title}`;

function only(entry: DefectEntry, model: Model): Model {
  const properties = model.properties.filter(({ name }) => name === entry.property);
  if (properties.length === 0) throw new Error(`${model.name} has no property ${entry.property}`);
  return { ...model, name: modelNameOf(entry), properties };
}
