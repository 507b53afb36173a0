/** One defect, planted into a copy of the build by replacing one text in one of its files. */
export interface PlantedBug {
  readonly name: string;
  /** In the build, e.g. `runtime/store/mutation-log.js`. */
  readonly file: string;
  /** Occurs there exactly once. */
  readonly find: string;
  readonly put: string;
  /** What has to come together before it shows, for those that are seldom or never found. */
  readonly shows?: string;
}
