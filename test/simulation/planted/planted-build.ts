/** A copy of the build with one defect in it. Production code has no switches: a defect is a replaced text. */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PlantedBug } from './bug.js';

export const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
const DIST = join(REPOSITORY, 'dist');
const COMMAND_LINE = join('runtime', 'cli', 'main.js');
export const BUILD_AS_IT_IS = join(DIST, COMMAND_LINE);

export interface PlantedBuild {
  /** Of its command line. */
  readonly main: string;
  remove(): Promise<void>;
}

/** The text with the defect. @throws Error unless the text to replace is there exactly once */
export function planted({ name, file, find, put }: PlantedBug, text: string): string {
  const parts = text.split(find);
  if (parts.length !== 2) {
    throw new Error(`“${name}” cannot be planted: its text is ${parts.length - 1} times in dist/${file}`);
  }
  return parts.join(put);
}

export async function readPlanted(bug: PlantedBug): Promise<string> {
  return planted(bug, await readFile(join(DIST, bug.file), 'utf8'));
}

export async function plantedBuild(bug: PlantedBug): Promise<PlantedBuild> {
  const text = await readPlanted(bug);
  const directory = await mkdtemp(join(tmpdir(), 'bridle-planted-'));
  const isCode = (path: string) => !path.includes(`${sep}inspector${sep}page`) && !path.endsWith('.map');
  await cp(DIST, join(directory, 'dist'), { recursive: true, filter: isCode });
  await cp(join(REPOSITORY, 'package.json'), join(directory, 'package.json'));
  await symlink(join(REPOSITORY, 'node_modules'), join(directory, 'node_modules'), 'dir');
  await writeFile(join(directory, 'dist', bug.file), text);
  return {
    main: join(directory, 'dist', COMMAND_LINE),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
