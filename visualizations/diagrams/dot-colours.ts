/** Colours for formats that take them as numbers; told apart without hue as well. */
import type { Theme } from './mermaid.js';

export interface Colours {
  readonly paper: string;
  readonly ink: string;
  readonly line: string;
  readonly covered: string;
  readonly uncovered: string;
}

const LIGHT: Colours = {
  paper: '#ffffff',
  ink: '#1b1f24',
  line: '#57606a',
  covered: '#1a7f4b',
  uncovered: '#9a5b00',
};
const DARK: Colours = {
  paper: '#0d1117',
  ink: '#e6edf3',
  line: '#9aa4af',
  covered: '#4cc38a',
  uncovered: '#f5b301',
};

/** Where nobody can choose later, `auto` is light: it can be printed. */
export function coloursOf(theme: Theme | undefined): Colours {
  return theme === 'dark' ? DARK : LIGHT;
}
