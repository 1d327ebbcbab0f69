/** Metrics that are followed over time, by key. What is unreliable between sessions comes last. */
export const FOLLOWED: readonly { key: string; label: string }[] = [
  { key: "peak_force_net", label: "Peak force, net" },
  { key: "peak_force_gross", label: "Peak force, gross" },
  { key: "peak_force_relative_net", label: "Peak force, relative, net" },
  { key: "force_150_net", label: "Force at 150 ms, net" },
  { key: "force_200_net", label: "Force at 200 ms, net" },
  { key: "force_250_net", label: "Force at 250 ms, net" },
  { key: "rfd_0_200", label: "RFD 0–200 ms" },
  { key: "rfd_0_250", label: "RFD 0–250 ms" },
  { key: "impulse_0_200", label: "Impulse 0–200 ms, net" },
  { key: "impulse_0_300", label: "Impulse 0–300 ms, net" },
  { key: "asymmetry_peak_force_bai", label: "Asymmetry at peak force" },
  { key: "asymmetry_rfd_0_200_bai", label: "Asymmetry of RFD 0–200 ms" },
  { key: "asymmetry_impulse_0_300_bai", label: "Asymmetry of impulse 0–300 ms" },
];
