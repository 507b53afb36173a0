/** Style sheets are bundled into `page.css` when a part of the page imports them. */
declare module '*.css';
