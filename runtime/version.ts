/** Which Bridle this is. */
import { createRequire } from 'node:module';
import { z } from 'zod';

/** `0.1.0` */
export const VERSION: string = z
  .object({ version: z.string() })
  .parse(createRequire(import.meta.url)('bridle/package.json')).version;
