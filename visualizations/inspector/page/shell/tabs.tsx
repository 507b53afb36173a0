import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { ErrorFence } from './error-fence.js';
import './tabs.css';

interface Tab {
  readonly id: string;
  readonly title: string;
  show(): ComponentChildren;
}

interface Props {
  readonly label: string;
  readonly tabs: readonly Tab[];
}

/** One part at a time; arrow keys change the tab. */
export function Tabs({ label, tabs }: Props) {
  const [open, setOpen] = useState(tabs[0]!.id);
  const list = useRef<HTMLDivElement>(null);
  const at = tabs.findIndex(({ id }) => id === open);
  const tab = tabs[at]!;
  const moveTo = (next: number): void => {
    const { id } = tabs[(next + tabs.length) % tabs.length]!;
    setOpen(id);
    list.current?.querySelector<HTMLButtonElement>(`#tab-${id}`)?.focus();
  };
  return (
    <div class="tabs">
      <div
        ref={list}
        class="tabs-list"
        role="tablist"
        aria-label={label}
        onKeyDown={(event) => {
          const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (by === undefined) return;
          event.preventDefault();
          event.stopPropagation();
          moveTo(at + by);
        }}
      >
        {tabs.map(({ id, title }) => (
          <button
            key={id}
            id={`tab-${id}`}
            type="button"
            role="tab"
            aria-selected={id === open}
            aria-controls="tab-panel"
            tabIndex={id === open ? 0 : -1}
            onClick={() => setOpen(id)}
          >
            {title}
          </button>
        ))}
      </div>
      <div class="tabs-panel" id="tab-panel" role="tabpanel" aria-labelledby={`tab-${open}`}>
        <ErrorFence of={tab.title} key={open}>
          {tab.show()}
        </ErrorFence>
      </div>
    </div>
  );
}
