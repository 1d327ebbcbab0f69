/** A house whose foundation is an ohm sign. */
export function Logo({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="var(--brand)" />
      <path
        d="M6.5 25H13v-3.2c-2.6-1.3-4.3-3.9-4.3-7L16 7.5l7.3 7.3c0 3.1-1.7 5.7-4.3 7V25h6.500"
        fill="none"
        stroke="#fff"
        strokeWidth="2.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
