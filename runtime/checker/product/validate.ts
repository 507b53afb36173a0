/** Refuses models and options that make no sense, before anything is explored. */
import { ProductError } from './errors.js';
import type { Model, Property } from './model.js';
import type { CheckOptions } from './result.js';

const usage = (what: string): ProductError => new ProductError('USAGE', what);

/**
 * @returns the properties asked for
 * @throws ProductError USAGE
 */
export function validated(model: Model, options: CheckOptions): readonly Property[] {
  const names = model.processes.map((process) => process.name);
  const twice = firstRepeated(names);
  if (twice !== null) throw usage(`two processes are called ${twice}`);
  if (names.length === 0) throw usage('a model without processes');
  for (const [name, amount] of Object.entries(model.budgets)) {
    if (!Number.isInteger(amount) || amount < 0) throw usage(`budget ${name} is ${amount}`);
  }
  for (const name of Object.entries(model.alsoCosts ?? {}).flat()) {
    if (model.budgets[name] === undefined) throw usage(`alsoCosts names budget ${name}, which there is not`);
  }
  const propertyTwice = firstRepeated(model.properties.map((property) => property.name));
  if (propertyTwice !== null) throw usage(`two properties are called ${propertyTwice}`);
  for (const property of model.properties) {
    const unknown = Object.keys(property.over).find((name) => !names.includes(name));
    if (unknown !== undefined)
      throw usage(`${property.name} looks at ${unknown}, and there is no such process`);
  }
  for (const renaming of model.symmetry ?? []) {
    const images = names.map((name) => renaming.processes[name] ?? name);
    const strange = [...Object.keys(renaming.processes), ...images].find((name) => !names.includes(name));
    if (strange !== undefined)
      throw usage(`renaming ${renaming.name} names ${strange}, and there is no such process`);
    const repeated = firstRepeated(images);
    if (repeated !== null) throw usage(`renaming ${renaming.name} makes two processes ${repeated}`);
  }
  for (const limit of ['maxStates', 'maxBytes'] as const) {
    if (options[limit] !== undefined && !(options[limit] >= 1)) throw usage(`${limit} has to be at least 1`);
  }
  const { properties } = options;
  if (properties === undefined) return model.properties;
  const known = model.properties.map((property) => property.name);
  const missing = properties.find((name) => !known.includes(name));
  if (missing !== undefined) throw usage(`no property ${missing}; there are ${known.join(', ')}`);
  return model.properties.filter((property) => properties.includes(property.name));
}

function firstRepeated(names: readonly string[]): string | null {
  return names.find((name, index) => names.indexOf(name) !== index) ?? null;
}
