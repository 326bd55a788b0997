/** The console's icons: 16-unit strokes, drawn with the text's colour. */

const PATHS = {
  services: 'M3 3h4v4H3zM9 3h4v4H9zM3 9h4v4H3zM9 9h4v4H9z',
  traces: 'M2 4h7M5 8h8M7 12h5',
  logs: 'M3 3.5h10M3 6.5h7M3 9.5h10M3 12.5h5',
  metrics: 'M2 13V3M2 13h12M4.5 10l3-3.5 2.5 2L13.5 4',
  system: 'M5 5h6v6H5zM8 2v3M8 11v3M2 8h3M11 8h3',
  send: 'M8 11V3M5 6l3-3 3 3M3 13h10',
  left: 'M10 3.5L5.5 8l4.5 4.5',
  right: 'M6 3.5L10.5 8 6 12.5',
  down: 'M4 6l4 4 4-4',
  up: 'M4 10l4-4 4 4',
  clock: 'M8 2.5a5.5 5.5 0 110 11 5.5 5.5 0 010-11zM8 5v3.2l2 1.3',
  zoomOut: 'M7 2.5a4.5 4.5 0 110 9 4.5 4.5 0 010-9zM10.3 10.3L14 14M5 7h4',
  link: 'M6.5 9.5l3-3M7 4.5l1.2-1.2a2.7 2.7 0 013.9 3.9L10.8 8.5M9 11.5l-1.2 1.2a2.7 2.7 0 01-3.9-3.9L5.2 7.5',
  copy: 'M5.5 5.5h7v7h-7zM3.5 10.5v-7h7',
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
