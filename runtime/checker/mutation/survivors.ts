/** Mutants that nobody kills, each with the reason why that is all right. A test holds this list. */
export const SURVIVORS: Readonly<Record<string, string>> = Object.freeze({});
