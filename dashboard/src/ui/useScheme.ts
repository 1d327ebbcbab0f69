import { useComputedColorScheme } from "@mantine/core";

/** Light or dark, as it is shown now. */
export const useScheme = (): "light" | "dark" => useComputedColorScheme("light");
