/** The console's icons: strokes in a box of 24. They stand beside words or carry a label, never alone. */
const PATHS = {
  alert: 'M12 3.5 2.5 20h19zM12 10v4.5M12 17.2v.3',
  bell: 'M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 2h-15zM10 21h4',
  bolt: 'M13 2.5 4.5 13.5H11l-1 8 8.5-11H12z',
  check: 'm4.5 12.5 5 5 10-11',
  clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7.5V12l3 2',
  code: 'm8 7-5 5 5 5M16 7l5 5-5 5',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  database:
    'M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zM4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3',
  document: 'M6 2.5h8l5 5v14H6zM13.5 3v5H19M9 13h7M9 17h5',
  down: 'm6 9 6 6 6-6',
  external: 'M14 4h6v6M20 4l-9 9M18 13v7H4V6h7',
  flag: 'M5 21.5V3.5M5 4.5h13l-2.5 4 2.5 4H5',
  gauge: 'M4.5 18a9 9 0 1 1 15 0M12 14l4-5.5M11 14.5h2',
  globe: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c-5 5-5 13 0 18M12 3c5 5 5 13 0 18',
  left: 'm15 6-6 6 6 6',
  megaphone: 'M4 10v4h3l9 5V5l-9 5zM7.5 14l1.5 6h2.5M19.5 10v4',
  minus: 'M5 12h14',
  play: 'M7 4.5v15l12-7.5z',
  plus: 'M12 5v14M5 12h14',
  pencil: 'M4 20l1-5L16 4l4 4L9 19zM13.5 6.5l4 4',
  person: 'M12 3.5a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 21c.6-4.4 4-6.5 8-6.5s7.4 2.1 8 6.5',
  question: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9.5 9.5c0-3.4 5-3.2 5 0 0 2-2.5 2.2-2.5 4.5M12 16.8v.3',
  queue: 'M3 6h18v4H3zM3 14h18v4H3zM7 8v0M7 16v0',
  right: 'm9 6 6 6-6 6',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 21 21',
  server: 'M3.5 4h17v7h-17zM3.5 13h17v7h-17zM7 7.5v0M7 16.5v0M11 7.5h6M11 16.5h6',
  shield: 'M12 2.5 4.5 5.5V12c0 4.6 3 7.9 7.5 9.5 4.5-1.6 7.5-4.9 7.5-9.5V5.5zM8.5 12l2.5 2.5 4.5-5',
  stop: 'M8 2.5h8l5.5 5.5v8L16 21.5H8L2.5 16V8zM8 12h8',
  swap: 'M4 8h15M15 4l4 4-4 4M20 16H5M9 12l-4 4 4 4',
  undo: 'M9 5 4 10l5 5M4.5 10H14a6 6 0 0 1 0 11h-3',
  up: 'm6 15 6-6 6 6',
  wrench:
    'M14.5 8.5a5 5 0 0 1 6-5l-3 3 .5 2.5 2.5.5 0-.2a5 5 0 0 1-6.5 4L7 20.5a2.5 2.5 0 0 1-3.5-3.5l7.2-7z',
  x: 'm6 6 12 12M18 6 6 18',
} as const;
export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={2}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      style={{ flexShrink: 0 }}
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
