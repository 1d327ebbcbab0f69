/** Line icons, drawn with the colour of the text around them. They never stand alone: a label is beside or on them. */
const PATHS = {
  alert: "M12 4 2.8 20h18.4L12 4ZM12 10v4.5M12 17.3v.2",
  arrowDown: "M12 5v14M6 13l6 6 6-6",
  arrowUp: "M12 19V5M6 11l6-6 6 6",
  back: "M15 5l-7 7 7 7",
  bell: "M6 16.500V11a6 6 0 0 1 12 0v5.500l1.500 2h-15l1.500-2ZM10 21h4",
  check: "M5 12.5l4.5 4.5L19 7.5",
  chip: "M7 7h10v10H7zM10 3v4M14 3v4M10 17v4M14 17v4M3 10h4M3 14h4M17 10h4M17 14h4",
  chevron: "M7 10l5 5 5-5",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5l3.500 2",
  copy: "M9 9h10v11H9zM15 9V5H5v11h4",
  forward: "M9 5l7 7-7 7",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 11v5.500M12 7.500v.2",
  lamp: "M9.5 18h5M10.500 21h3M8.500 15.500C6.800 14.300 6 12.600 6 10.500a6 6 0 0 1 12 0c0 2.100-.8 3.800-2.500 5Z",
  minus: "M6 12h12",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5c1.2-3.6 4.1-5.5 7.5-5.5s6.3 1.9 7.5 5.5",
  plus: "M12 6v12M6 12h12",
  play: "M8 5.500v13l10-6.500-10-6.500Z",
  pencil: "M4.5 19.5l1-4L16 5l3 3L8.5 18.5l-4 1Z",
  power: "M12 4v8M7.200 7a7.500 7.500 0 1 0 9.600 0",
  stop: "M8.300 3h7.400L21 8.300v7.400L15.700 21H8.300L3 15.700V8.300L8.300 3ZM12 7.500v5.500M12 16.300v.2",
  sunrise:
    "M12 3v5M9 6l3-3 3 3M4 16h2M18 16h2M6.300 10.300l1.400 1.400M17.700 10.300l-1.400 1.400M3 20h18M8 16a4 4 0 0 1 8 0",
  sunset:
    "M12 3v5M9 5.500l3 3 3-3M4 16h2M18 16h2M6.300 10.300l1.400 1.400M17.700 10.300l-1.400 1.400M3 20h18M8 16a4 4 0 0 1 8 0",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.8"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
