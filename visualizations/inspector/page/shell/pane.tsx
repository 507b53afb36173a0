import type { ComponentChildren } from 'preact';
import { ErrorFence } from './error-fence.js';
import './pane.css';

interface Props {
  readonly title: string;
  readonly children: ComponentChildren;
}

/** A part of the run view under its heading. It scrolls by itself; its content fills it. */
export function Pane({ title, children }: Props) {
  return (
    <section class="pane" aria-label={title}>
      <h2 class="pane-title">{title}</h2>
      <div class="pane-body">
        <ErrorFence of={title}>{children}</ErrorFence>
      </div>
    </section>
  );
}
