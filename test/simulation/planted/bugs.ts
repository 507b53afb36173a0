/** Every planted defect, by the layer it is in. */
import type { PlantedBug } from './bug.js';
import { FOLLOWER_BUGS } from './follower-bugs.js';
import { META_BUGS } from './meta-bugs.js';
import { MOVE_BUGS } from './move-bugs.js';
import { SOURCE_BUGS } from './source-bugs.js';
import { STORE_BUGS } from './store-bugs.js';

export const PLANTED_BUGS: readonly PlantedBug[] = [
  ...STORE_BUGS,
  ...FOLLOWER_BUGS,
  ...META_BUGS,
  ...SOURCE_BUGS,
  ...MOVE_BUGS,
];
