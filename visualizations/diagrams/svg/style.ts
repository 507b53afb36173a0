/**
 * The look of drawings: light, dark, and black on white with hatching for print. Blue and orange are told
 * apart by nearly everybody, and nothing is said by colour alone.
 */
import { FONT_FAMILY, TEXT_STYLES } from '../layout/text-style.js';

export type Theme = 'light' | 'dark' | 'auto';

interface Palette {
  readonly paper: string;
  readonly box: string;
  readonly nested: string;
  readonly line: string;
  readonly faint: string;
  readonly text: string;
  readonly quiet: string;
  readonly guard: string;
  readonly active: string;
  readonly activeLine: string;
  readonly covered: string;
  readonly missed: string;
}

const LIGHT: Palette = {
  paper: '#ffffff',
  box: '#eef4fb',
  nested: '#f8fafc',
  line: '#44556a',
  faint: '#a9b6c4',
  text: '#14202e',
  quiet: '#4a5a6b',
  guard: '#00568f',
  active: '#ffd58a',
  activeLine: '#b35c00',
  covered: '#0072b2',
  missed: '#c04e00',
};

const DARK: Palette = {
  paper: '#0f151c',
  box: '#1d2a3a',
  nested: '#141d27',
  line: '#93a7bd',
  faint: '#4a5b6e',
  text: '#e9f0f7',
  quiet: '#adbccb',
  guard: '#8ecbff',
  active: '#6b4300',
  activeLine: '#ffb340',
  covered: '#56b4e9',
  missed: '#ff9d4d',
};

const PRINT: Palette = {
  paper: '#fff',
  box: '#fff',
  nested: '#fff',
  line: '#000',
  faint: '#777',
  text: '#000',
  quiet: '#000',
  guard: '#000',
  active: 'url(#hatch)',
  activeLine: '#000',
  covered: '#000',
  missed: '#000',
};

/** The style sheet of a drawing. `auto` follows the reader's preference. */
export function styleSheet(theme: Theme): string {
  const screen = theme === 'dark' ? DARK : LIGHT;
  const dark = theme === 'auto' ? `@media (prefers-color-scheme:dark){${colours(DARK)}}` : '';
  return `${shapes()}${colours(screen)}${dark}@media print{${colours(PRINT)}}`;
}

function shapes(): string {
  const fonts = Object.entries(TEXT_STYLES).map(([role, { sizePx, bold, italic }]) => {
    const weight = bold === true ? 'bold ' : '';
    const slant = italic === true ? 'italic ' : '';
    return `.${role}{font:${slant}${weight}${sizePx}px ${FONT_FAMILY}}`;
  });
  return [
    ...fonts,
    'text{white-space:pre}',
    '.box{stroke-width:1.4}',
    '.region{stroke-dasharray:6 4;stroke-width:1}',
    '.line{fill:none;stroke-width:1.3}',
    '.rule{stroke-width:.8}',
    '.inner{fill:none;stroke-width:1}',
    '.halo{stroke-width:3;stroke-linejoin:round;paint-order:stroke}',
    '.plate,.tally{stroke-width:.7}',
    '.lit>.box{stroke-width:3}',
    '.lit>.line{stroke-width:3}',
    '.covered>.line{stroke-width:2.6}',
    '.missed>.line{stroke-dasharray:3 4;stroke-width:1.6}',
    '.count{font-weight:bold}',
    '.rpc>.line{stroke-width:2.2}',
    '.effect>.line{stroke-dasharray:6 4}',
    '.starts>.line{stroke-dasharray:1 4;stroke-linecap:round;stroke-width:2}',
  ].join('');
}

function colours(p: Palette): string {
  return [
    `.paper{fill:${p.paper}}`,
    `.box{fill:${p.box};stroke:${p.line}}`,
    `.nested{fill:${p.nested}}`,
    `.cluster{fill:${p.paper};stroke:${p.faint}}`,
    `.rpc>.line{stroke:${p.covered}}.rpc>.head{fill:${p.covered}}`,
    `.region{stroke:${p.line}}`,
    `.rule{stroke:${p.faint}}`,
    `.inner{stroke:${p.line}}`,
    `.line{stroke:${p.line}}`,
    `.head,.dot{fill:${p.line}}`,
    `text{fill:${p.text}}`,
    `.guard{fill:${p.guard}}`,
    `.action,.activity,.note{fill:${p.quiet}}`,
    `.halo{stroke:${p.box}}`,
    `.plate,.tally{fill:${p.paper};stroke:${p.faint}}`,
    `.hatch{stroke:${p.line}}`,
    `.lit>.box{stroke:${p.activeLine}}.lit>.box:not(.composite){fill:${p.active}}`,
    `.lit>.line{stroke:${p.activeLine}}.lit>.head{fill:${p.activeLine}}`,
    `.covered>.line{stroke:${p.covered}}.covered>.head,.covered>.count{fill:${p.covered}}`,
    `.missed>.line{stroke:${p.missed}}.missed>.head,.missed>.count{fill:${p.missed}}`,
  ].join('');
}
