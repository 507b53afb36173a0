/** The page: what is shown of a recording above, the cursor through it below. */
import { useEffect, useState } from 'preact/hooks';
import { CompareView } from './compare/compare-view.js';
import { CursorBar } from './cursor/cursor-bar.js';
import { GoToDialog } from './keys/go-to-dialog.js';
import { HelpDialog } from './keys/help-dialog.js';
import { listenToKeys } from './keys/keys.js';
import { ProgressView } from './progress/progress-view.js';
import { DropZone } from './shell/drop-zone.js';
import { ErrorFence } from './shell/error-fence.js';
import { Header } from './shell/header.js';
import { Notices } from './shell/notices.js';
import { Reading } from './shell/reading.js';
import { RunView } from './shell/run-view.js';
import type { Store, View } from './store.js';
import { useStore } from './use-store.js';
import { VerdictBanner } from './verdict/verdict-banner.js';
import './app.css';

type Dialog = 'help' | 'go-to' | null;

export function App({ store }: { readonly store: Store }) {
  const [dialog, setDialog] = useState<Dialog>(null);
  const view = useStore(store, (state) => state.view);
  const title = useStore(store, (state) => state.index.header.title);
  useEffect(() => listenToKeys(store, setDialog), [store]);
  useEffect(() => {
    document.title = `${title} · Bridle`;
  }, [title]);
  const close = (): void => setDialog(null);
  return (
    <DropZone store={store}>
      <Reading store={store} />
      <Header store={store} onHelp={() => setDialog('help')} />
      <div class="app-banners">
        <Notices store={store} />
        <ErrorFence of="The verdict">
          <VerdictBanner store={store} />
        </ErrorFence>
      </div>
      <main class="app-view">
        <Viewed store={store} view={view} />
      </main>
      <CursorBar store={store} />
      {dialog === 'help' && <HelpDialog onClose={close} />}
      {dialog === 'go-to' && <GoToDialog store={store} onClose={close} />}
    </DropZone>
  );
}

function Viewed({ store, view }: { readonly store: Store; readonly view: View }) {
  if (view === 'run') return <RunView store={store} />;
  const Shown = view === 'progress' ? ProgressView : CompareView;
  return (
    <ErrorFence of="This view" key={view}>
      <div class="app-scroll">
        <Shown store={store} />
      </div>
    </ErrorFence>
  );
}
