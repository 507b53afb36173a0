/** What is shown, whence it comes, and which view of it. */
import type { ComponentChildren } from 'preact';
import { ExportMenu } from '../exports/export-menu.js';
import type { PageState, Store, View } from '../store.js';
import { useStore } from '../use-store.js';
import { ControlMenu } from './control-menu.js';
import { CopyLink } from './copy-link.js';
import { Icon } from './icon.js';
import { OpenFile } from './open-file.js';
import { ThemeSwitch } from './theme-switch.js';
import './header.css';

const VIEWS: readonly (readonly [View, string])[] = [
  ['run', 'Run'],
  ['progress', 'Progress'],
  ['compare', 'Compare'],
];

export function Header({ store, onHelp }: { readonly store: Store; readonly onHelp: () => void }) {
  const header = useStore(store, (state) => state.index.header);
  const view = useStore(store, (state) => state.view);
  return (
    <header class="header">
      <h1 class="header-title" title={header.title}>
        {header.title}
      </h1>
      <p class="header-source">
        <Source store={store} />
      </p>
      <nav class="header-views" aria-label="Views">
        {VIEWS.map(([name, label]) => (
          <button
            key={name}
            type="button"
            aria-current={view === name ? 'page' : undefined}
            onClick={() => store.show(name)}
          >
            {label}
          </button>
        ))}
      </nav>
      <div class="header-tools">
        <ControlMenu store={store} />
        <OpenFile store={store} />
        <ExportMenu store={store} />
        <CopyLink store={store} />
        <ThemeSwitch />
        <button type="button" onClick={onHelp} aria-label="Keys and help" title="Keys and help (?)">
          <Icon name="help" />
        </button>
      </div>
    </header>
  );
}

function Source({ store }: { readonly store: Store }) {
  const live = useStore(store, (state) => state.live);
  const header = useStore(store, (state) => state.index.header);
  if (live !== null) {
    return live.connected ? (
      <Chip kind="good">● live</Chip>
    ) : (
      <Chip kind="warn">○ not connected, trying</Chip>
    );
  }
  return <Chip kind="plain">{describeSource(header)}</Chip>;
}

function Chip({ kind, children }: { readonly kind: string; readonly children: ComponentChildren }) {
  return (
    <span class={`header-chip header-chip-${kind}`} role="status">
      {children}
    </span>
  );
}

function describeSource(header: PageState['index']['header']): string {
  if (header.source === 'counterexample') return 'counterexample';
  if (header.source === 'simulation') {
    return header.seed === undefined ? 'simulation' : `simulation, seed ${header.seed}`;
  }
  if (header.beganUs === null) return 'recorded';
  return `recorded ${new Date(header.beganUs / 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
