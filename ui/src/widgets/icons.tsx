/** The console's icons: 16-unit strokes, drawn with the text's colour. */

const PATHS = {
  services: 'M3 3h4v4H3zM9 3h4v4H9zM3 9h4v4H3zM9 9h4v4H9z',
  map: 'M2 6.5h4v4H2zM10 2.5h4v4h-4zM10 9.5h4v4h-4zM6 8l4-3M6 9l4 2.5',
  explore: 'M2.5 3h11v10h-11zM8 3v10M4.5 6h1.5M4.5 8.5h1.5M10 6h1.5M10 8.5h1.5',
  saved: 'M4.5 2.5h7v11L8 10.8 4.5 13.5z',
  traces: 'M2 4h7M5 8h8M7 12h5',
  logs: 'M3 3.5h10M3 6.5h7M3 9.5h10M3 12.5h5',
  errors: 'M8 2.5a5.5 5.5 0 110 11 5.5 5.5 0 010-11zM8 5v3.6M8 10.8v.2',
  metrics: 'M2 13V3M2 13h12M4.5 10l3-3.5 2.5 2L13.5 4',
  dashboards: 'M2.5 2.5h5v6h-5zM8.5 2.5h5v3.5h-5zM8.5 7h5v6.5h-5zM2.5 9.5h5v4h-5z',
  sql: 'M3 4c0-1 2.2-1.7 5-1.7s5 .7 5 1.7v8c0 1-2.2 1.7-5 1.7s-5-.7-5-1.7zM3 4c0 1 2.2 1.7 5 1.7s5-.7 5-1.7M3 8c0 1 2.2 1.7 5 1.7s5-.7 5-1.7',
  alerts: 'M3 12h10l-1.5-2V7a3.5 3.5 0 00-7 0v3zM6.8 14h2.4',
  cache: 'M8.5 2L4 9h3.5L7 14l5-7H8.5z',
  queue: 'M2.5 4.5h3v7h-3zM6.5 4.5h3v7h-3zM10.5 4.5h3v7h-3z',
  host: 'M8 2.5a5.5 5.5 0 110 11 5.5 5.5 0 010-11zM2.5 8h11M8 2.5c3.5 3.5 3.5 7.5 0 11M8 2.5c-3.5 3.5-3.5 7.5 0 11',
  system: 'M5 5h6v6H5zM8 2v3M8 11v3M2 8h3M11 8h3',
  send: 'M8 11V3M5 6l3-3 3 3M3 13h10',
  more: 'M3 8h.1M8 8h.1M13 8h.1',
  left: 'M10 3.5L5.5 8l4.5 4.5',
  right: 'M6 3.5L10.5 8 6 12.5',
  down: 'M4 6l4 4 4-4',
  up: 'M4 10l4-4 4 4',
  clock: 'M8 2.5a5.5 5.5 0 110 11 5.5 5.5 0 010-11zM8 5v3.2l2 1.3',
  zoomOut: 'M7 2.5a4.5 4.5 0 110 9 4.5 4.5 0 010-9zM10.3 10.3L14 14M5 7h4',
  link: 'M6.5 9.5l3-3M7 4.5l1.2-1.2a2.7 2.7 0 013.9 3.9L10.8 8.5M9 11.5l-1.2 1.2a2.7 2.7 0 01-3.9-3.9L5.2 7.5',
  copy: 'M5.5 5.5h7v7h-7zM3.5 10.5v-7h7',
  edit: 'M3 13l.7-3L11 2.7 13.3 5 6 12.3zM9.5 4.2l2.3 2.3',
  check: 'M3 8.5l3.2 3L13 4.5',
  sun: 'M8 5.2a2.8 2.8 0 110 5.6 2.8 2.8 0 010-5.6zM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9',
  moon: 'M13 9.6A5.6 5.6 0 016.4 3a5.6 5.6 0 106.6 6.6z',
  help: 'M5.8 6a2.2 2.2 0 114 1.2c-.6.8-1.8 1-1.8 2.3M8 12v.2',
  search: 'M7 2.5a4.5 4.5 0 110 9 4.5 4.5 0 010-9zM10.3 10.3L14 14',
  close: 'M4 4l8 8M12 4l-8 8',
  include: 'M8 3.5v9M3.5 8h9',
  exclude: 'M3.5 8h9',
  group: 'M3 4h10M3 8h6M3 12h3',
  play: 'M5 3.5v9l7-4.5z',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  wrap: 'M2.5 4h11M2.5 8h8.5a2 2 0 010 4H8M9.5 10.5L8 12l1.5 1.5M2.5 12H5',
  table: 'M2.5 3.5h11v9h-11zM2.5 6.5h11M2.5 9.5h11M6.5 3.5v9',
  chart: 'M2.5 13V3M2.5 13h11M5 10l3-3 2 2 3.5-4',
  refresh: 'M13 8a5 5 0 11-1.5-3.6M13 2.5v2.4h-2.4',
  warning: 'M8 2.5l6 11H2zM8 6.5v3.2M8 11.4v.3',
  open: 'M6.5 3.5h-3v9h9v-3M9 3h4v4M13 3L7.5 8.5',
  collapse: 'M4 3l4 3.5L12 3M4 13l4-3.5 4 3.5',
  expand: 'M4 6l4-3.5L12 6M4 10l4 3.5 4-3.5',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" fill="none" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}

/** For drawings that are SVG already. */
export function iconPath(name: IconName): string {
  return PATHS[name];
}
