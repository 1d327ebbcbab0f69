import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

// What each layer may not reach: `lib, ui ← charts, api ← features ← app`.
const FORBIDDEN = {
  lib: ["ui", "charts", "api", "features", "app"],
  ui: ["charts", "api", "features", "app"],
  charts: ["api", "features", "app"],
  api: ["ui", "charts", "features", "app"],
  features: ["app"],
};
const FEATURES = [
  "setup",
  "login",
  "devices",
  "device",
  "system",
  "join",
  "account",
  "people",
  "tokens",
  "audit",
  "device-settings",
  "energy",
  "mappings",
  "imports",
  "rooms",
  "schedules",
  "load-limits",
  "device-control",
  "device-health",
  "device-log",
  "lab",
  "lab-session",
  "lab-trial",
  "lab-athletes",
  "lab-calibration",
  "recordings",
  "alerts",
  "rules",
  "notifications",
  "releases",
  "release-keys",
  "rollouts",
  "rollout-new",
  "rollout",
  "fleet",
  "device-updates",
  "flash",
];

const reach = (layers) => layers.flatMap((layer) => [`@/${layer}`, `@/${layer}/**`, `**/../${layer}/**`]);

const restricted = (groups, uplotAllowed = false) => [
  "error",
  {
    patterns: groups,
    paths: uplotAllowed ? [] : [{ name: "uplot", message: "Only charts/ draws with uPlot." }],
  },
];

const layers = Object.entries(FORBIDDEN)
  .filter(([layer]) => layer !== "features")
  .map(([layer, above]) => ({
    files: [`src/${layer}/**/*.{ts,tsx}`],
    rules: {
      "no-restricted-imports": restricted(
        [{ group: reach(above), message: `${layer}/ stands below: ${above.join(", ")}.` }],
        layer === "charts",
      ),
    },
  }));

const features = FEATURES.map((feature) => ({
  files: [`src/features/${feature}/**/*.{ts,tsx}`],
  rules: {
    "no-restricted-imports": restricted([
      { group: reach(FORBIDDEN.features), message: "features/ stands below: app." },
      {
        group: FEATURES.filter((other) => other !== feature).flatMap((other) => [
          `@/features/${other}`,
          `@/features/${other}/**`,
          `../${other}/**`,
        ]),
        message: "No feature imports a feature.",
      },
    ]),
  },
}));

export default tseslint.config(
  { ignores: ["node_modules", "dist", "src/api/schema.d.ts"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ["src/**/*.{ts,tsx}"] })),
  {
    files: ["src/**/*.{ts,tsx}"],
    plugins: { "react-hooks": hooks },
    languageOptions: {
      parserOptions: { project: "./tsconfig.app.json", tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      ...hooks.configs.recommended.rules,
      "no-restricted-imports": restricted([]),
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // The router's redirects are thrown.
      "@typescript-eslint/only-throw-error": [
        "error",
        { allow: [{ from: "package", package: "@tanstack/router-core", name: "Redirect" }] },
      ],
      // Event handlers and effects start work whose failure the mutation or query already shows.
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
    },
  },
  {
    files: ["dev/**/*.mjs", "scripts/**/*.mjs"],
    languageOptions: {
      globals: {
        process: "readonly",
        console: "readonly",
        URL: "readonly",
        setInterval: "readonly",
        setTimeout: "readonly",
        clearInterval: "readonly",
        Buffer: "readonly",
      },
    },
  },
  {
    files: ["public/*.js"],
    languageOptions: { globals: { document: "readonly", localStorage: "readonly", matchMedia: "readonly" } },
  },
  ...layers,
  ...features,
);
