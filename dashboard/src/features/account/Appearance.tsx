import { SegmentedControl, useMantineColorScheme } from "@mantine/core";

import { Section } from "@/ui/Section";

const SCHEMES = [
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
  { value: "auto", label: "As the system" },
];

export function Appearance() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Section title="Colours" hint="Kept in this browser only.">
      <SegmentedControl
        aria-label="Colours"
        data={SCHEMES}
        value={colorScheme}
        onChange={(chosen) => setColorScheme(chosen as "light" | "dark" | "auto")}
      />
    </Section>
  );
}
