/** Which models `bridle check` is about: ours, the modelled upstream, or anybody's. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { EXISTING_TABLE_POLICIES } from '../../machines/index.js';
import type { Model } from '../checker/product/index.js';
import {
  ASSUMPTION_SETS,
  DEFAULTS,
  type DuplicationModelOptions,
  duplicationModel,
  ourModels,
} from '../checker/product/ours/index.js';
import { parseAssumptions } from './check-assume.js';
import { checkUsage } from './check-usage.js';

export type Profile = 'quick' | 'full';
export type UpstreamVersion = 'before' | 'after';

export interface ModelOptions {
  readonly profile?: Profile;
  readonly assume?: string;
  readonly upstream?: UpstreamVersion;
  readonly machine?: string;
  readonly model?: readonly string[];
  readonly property?: readonly string[];
}

/** A known defect of the modelled upstream: which property of which model shows it. */
export interface Defect {
  readonly name: string;
  readonly model: string;
  readonly property: string;
}

export interface Selection {
  readonly models: readonly Model[];
  /** Names of assumptions that `--assume` knows here. */
  readonly assumptionSets: readonly string[];
  /** Only of upstream. */
  readonly defects: readonly Defect[] | null;
}

/** @throws BridleError BRIDLE_USAGE naming what is legal */
export async function selectModels(options: ModelOptions): Promise<Selection> {
  const found = await find(options);
  const byName = found.models.filter(({ name }) => options.model?.includes(name) ?? true);
  const names = found.models.map(({ name }) => name);
  const unknown = options.model?.find((name) => !names.includes(name));
  if (unknown !== undefined) throw checkUsage(`no model ${unknown}; there are ${names.join(', ')}`);
  return { ...found, models: withProperties(byName, options.property) };
}

/** The models that have one of the properties. */
function withProperties(models: readonly Model[], wanted: readonly string[] | undefined): readonly Model[] {
  if (wanted === undefined) return models;
  const known = new Set(models.flatMap((model) => model.properties.map(({ name }) => name)));
  const unknown = wanted.find((name) => !known.has(name));
  if (unknown !== undefined) throw checkUsage(`no property ${unknown}; there are ${[...known].join(', ')}`);
  return models.filter((model) => model.properties.some(({ name }) => wanted.includes(name)));
}

async function find({ profile, assume, upstream, machine }: ModelOptions): Promise<Selection> {
  if (upstream !== undefined && machine !== undefined) throw checkUsage('--upstream or --machine, not both');
  const other = upstream === undefined ? (machine === undefined ? null : '--machine') : '--upstream';
  if (other !== null && (assume ?? profile) !== undefined) {
    throw checkUsage(
      `${assume === undefined ? '--profile' : '--assume'} is for Bridle's own models, not for ${other}`,
    );
  }
  if (upstream !== undefined) return findUpstream(upstream);
  if (machine !== undefined)
    return { models: [await findMachine(machine)], assumptionSets: [], defects: null };
  return findOurs(profile ?? 'quick', assume);
}

function findOurs(profile: Profile, assume: string | undefined): Selection {
  const sets: Readonly<Record<string, DuplicationModelOptions>> = Object.fromEntries(
    Object.entries(ASSUMPTION_SETS).map(([name, set]) => [name, { ...DEFAULTS, name, ...set }]),
  );
  const assumptionSets = Object.keys(sets);
  if (assume === undefined) return { models: ourModels(profile), assumptionSets, defects: null };
  const options = parseAssumptions(assume, { base: DEFAULTS, sets, choices: CHOICES });
  return { models: [duplicationModel(options)], assumptionSets, defects: null };
}

/** What the fields of a duplication model that hold a word may say. */
const CHOICES = {
  policy: EXISTING_TABLE_POLICIES,
  onRemove: ['keep', 'drop'],
  existing: ['none', 'foreign', 'plain'],
};

/** Upstream is modelled beside the tests, so that an installed package does not carry it. */
const UPSTREAM = new URL('../../test/upstream/index.js', import.meta.url);

async function findUpstream(version: UpstreamVersion): Promise<Selection> {
  if (!existsSync(fileURLToPath(UPSTREAM))) {
    throw checkUsage(
      'the models of upstream are not part of an installed package; they need a checkout of Bridle, built',
      `npm run build && npx bridle check --upstream ${version}`,
    );
  }
  const { upstreamModels, DEFECTS }: UpstreamModule = await import(UPSTREAM.href);
  return { models: upstreamModels(version), assumptionSets: [], defects: DEFECTS };
}

interface UpstreamModule {
  readonly upstreamModels: (version: UpstreamVersion) => readonly Model[];
  readonly DEFECTS: readonly Defect[];
}

async function findMachine(name: string): Promise<Model> {
  const [, file, key] = /^(.+\.[cm]?[jt]s)#([\w$]+)$/.exec(name) ?? [];
  if (file === undefined || key === undefined) throw checkUsage(`--machine ${name}: write FILE.js#export`);
  let loaded: Readonly<Record<string, unknown>>;
  try {
    loaded = await import(pathToFileURL(resolve(file)).href);
  } catch (error) {
    throw checkUsage(`${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
  const value = loaded[key];
  if (isModel(value)) return value;
  throw checkUsage(`export ${key} of ${file} is no model: it needs ${MODEL_FIELDS.join(', ')}`);
}

const MODEL_FIELDS = ['name', 'assumptions', 'processes', 'budgets', 'properties'] as const;

/** The shape only; the explorer refuses what makes no sense in it. */
function isModel(value: unknown): value is Model {
  return (
    typeof value === 'object' &&
    value !== null &&
    MODEL_FIELDS.every((field) => field in value) &&
    Array.isArray((value as Model).processes) &&
    Array.isArray((value as Model).properties)
  );
}
