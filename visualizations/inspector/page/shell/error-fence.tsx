import { Component, type ComponentChildren } from 'preact';

interface Props {
  readonly of: string;
  readonly children?: ComponentChildren;
}

/** A part that fails says so in its place; the rest of the page goes on. */
export class ErrorFence extends Component<Props, { readonly error: Error | null }> {
  override state = { error: null };

  static override getDerivedStateFromError(error: Error) {
    return { error };
  }

  override componentDidCatch(error: Error): void {
    console.error(error);
  }

  override render({ of, children }: Props, { error }: { readonly error: Error | null }) {
    if (error === null) return children;
    return (
      <div class="fence" role="alert">
        <p>
          {of} cannot be shown: {error.message}
        </p>
        <button type="button" onClick={() => this.setState({ error: null })}>
          Try again
        </button>
      </div>
    );
  }
}
