/** A sign for each kind of moment: told apart by shape, and by colour for those who see it. */
import type { TimedLine } from '../../../../runtime/observe/recording/lines.js';

export const GLYPHS = {
  step: '●',
  idle: '○',
  begin: '◇',
  end: '◆',
  send: '↗',
  receive: '↘',
  bad: '✕',
  fault: '▼',
  up: '▲',
  note: '≡',
  warn: '!',
  told: '◌',
  verdict: '§',
} as const;

export type Glyph = keyof typeof GLYPHS;

export function glyphOf(line: TimedLine): Glyph {
  switch (line.t) {
    case 'step':
      return line.edges.length === 0 ? 'idle' : 'step';
    case 'actor':
      return 'begin';
    case 'end':
      return line.status === 'error' ? 'bad' : 'end';
    case 'send':
      return line.fate === 'lost' ? 'bad' : 'send';
    case 'receive':
      return line.fate === undefined ? 'receive' : 'bad';
    case 'lost':
      return 'bad';
    case 'process':
      return line.what === 'died' ? 'bad' : 'up';
    case 'fault':
      return 'fault';
    case 'note':
      return line.level === 'info' ? 'note' : 'warn';
    case 'gap':
      return 'warn';
    case 'verdict':
      return 'verdict';
    case 'explain':
    case 'partitions':
      return 'told';
  }
}
