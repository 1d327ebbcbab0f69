import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

// One calm accent, a deep green; white on shade 7 has a contrast of 6.4.
const ohm: MantineColorsTuple = [
  "#e8f6f3",
  "#cfeae4",
  "#a2d8cd",
  "#70c3b3",
  "#43ad9a",
  "#1f9683",
  "#117f6e",
  "#0b6b5d",
  "#08574c",
  "#06443c",
];

// Neutrals of the dark scheme, tinted towards the accent.
const dark: MantineColorsTuple = [
  "#dbe2df",
  "#b9c4c0",
  "#9ba8a4",
  "#66736f",
  "#3a4643",
  "#2c3734",
  "#212a28",
  "#171e1c",
  "#111715",
  "#0b100e",
];

export const theme = createTheme({
  primaryColor: "ohm",
  primaryShade: { light: 7, dark: 7 },
  colors: { ohm, dark },
  defaultRadius: "md",
  fontFamily:
    'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace:
    'ui-monospace, "Cascadia Mono", "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  headings: { fontWeight: "650" },
  cursorType: "pointer",
  respectReducedMotion: true,
  // Nearly everything asked for is needed; what is not says so in its label.
  components: { InputWrapper: { defaultProps: { withAsterisk: false } } },
});

/** Where the kit's own greys are too faint to read (contrast below 4.5), ours stand in. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-text": "#1b2421",
    "--mantine-color-dimmed": "#55615d",
    "--mantine-color-placeholder": "#697470",
    "--mantine-color-error": "#b42318",
    "--mantine-color-anchor": "#0b6b5d",
  },
  dark: {
    "--mantine-color-dimmed": "#a3b0ac",
    "--mantine-color-placeholder": "#8b9894",
    "--mantine-color-error": "#ff9c92",
    "--mantine-color-anchor": "#70c3b3",
  },
});
