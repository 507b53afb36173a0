/** Where the page begins. */
import { render } from 'preact';

const place = document.getElementById('inspector');
if (place !== null) render(<main>Bridle</main>, place);
