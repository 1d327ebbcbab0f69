import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
} from "@tanstack/react-router";

import { Crash, NotFound } from "./Crash";
import { onlyBeforeSetup, onlySignedOut, requireAdmin, requireOperator, requirePerson } from "./guards";
import { Shell } from "./Shell";

const root = createRootRouteWithContext<{ cache: QueryClient }>()({
  component: Outlet,
  errorComponent: Crash,
  notFoundComponent: NotFound,
});

const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  beforeLoad: requirePerson,
  component: Shell,
});

const devices = createRoute({
  getParentRoute: () => inside,
  path: "/",
  component: lazyRouteComponent(() => import("@/features/devices/DevicesPage"), "DevicesPage"),
});

const device = createRoute({
  getParentRoute: () => inside,
  path: "/devices/$deviceId",
  component: lazyRouteComponent(() => import("@/features/device/DevicePage"), "DevicePage"),
});

const energy = createRoute({
  getParentRoute: () => inside,
  path: "/devices/$deviceId/energy",
  // What the page makes of it: by, of, at.
  validateSearch: (search: Record<string, unknown>): { by?: string; of?: string; at?: number } => search,
  component: lazyRouteComponent(() => import("@/features/energy/EnergyPage"), "EnergyPage"),
});

const settings = createRoute({
  getParentRoute: () => inside,
  path: "/devices/$deviceId/settings",
  beforeLoad: requireOperator,
  component: lazyRouteComponent(
    () => import("@/features/device-settings/DeviceSettingsPage"),
    "DeviceSettingsPage",
  ),
});

const deviceControl = createRoute({
  getParentRoute: () => inside,
  path: "/devices/$deviceId/control",
  component: lazyRouteComponent(
    () => import("@/features/device-control/DeviceControlPage"),
    "DeviceControlPage",
  ),
});

const deviceHealth = createRoute({
  getParentRoute: () => inside,
  path: "/devices/$deviceId/health",
  component: lazyRouteComponent(
    () => import("@/features/device-health/DeviceHealthPage"),
    "DeviceHealthPage",
  ),
});

const deviceLog = createRoute({
  getParentRoute: () => inside,
  path: "/devices/$deviceId/log",
  component: lazyRouteComponent(() => import("@/features/device-log/DeviceLogPage"), "DeviceLogPage"),
});

const rooms = createRoute({
  getParentRoute: () => inside,
  path: "/rooms",
  component: lazyRouteComponent(() => import("@/features/rooms/RoomsPage"), "RoomsPage"),
});

const schedules = createRoute({
  getParentRoute: () => inside,
  path: "/schedules",
  component: lazyRouteComponent(() => import("@/features/schedules/SchedulesPage"), "SchedulesPage"),
});

const loadLimits = createRoute({
  getParentRoute: () => inside,
  path: "/load-limits",
  component: lazyRouteComponent(() => import("@/features/load-limits/LoadLimitsPage"), "LoadLimitsPage"),
});

const alerts = createRoute({
  getParentRoute: () => inside,
  path: "/alerts",
  component: lazyRouteComponent(() => import("@/features/alerts/AlertsPage"), "AlertsPage"),
});

const alert = createRoute({
  getParentRoute: () => inside,
  path: "/alerts/$alertId",
  component: lazyRouteComponent(() => import("@/features/alerts/AlertPage"), "AlertPage"),
});

const rules = createRoute({
  getParentRoute: () => inside,
  path: "/rules",
  component: lazyRouteComponent(() => import("@/features/rules/RulesPage"), "RulesPage"),
});

const rule = createRoute({
  getParentRoute: () => inside,
  path: "/rules/$ruleId",
  beforeLoad: requireOperator,
  validateSearch: (search: Record<string, unknown>): { channel?: string } =>
    typeof search.channel === "string" || typeof search.channel === "number"
      ? { channel: String(search.channel) }
      : {},
  component: lazyRouteComponent(() => import("@/features/rules/RulePage"), "RulePage"),
});

const notifications = createRoute({
  getParentRoute: () => inside,
  path: "/notifications",
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(() => import("@/features/notifications/TargetsPage"), "TargetsPage"),
});

const sent = createRoute({
  getParentRoute: () => inside,
  path: "/notifications/sent",
  beforeLoad: requireOperator,
  component: lazyRouteComponent(() => import("@/features/notifications/SentPage"), "SentPage"),
});

const textSearch =
  <K extends string>(...names: K[]) =>
  (search: Record<string, unknown>): Partial<Record<K, string>> =>
    Object.fromEntries(
      names.flatMap((name) =>
        typeof search[name] === "string" || typeof search[name] === "number"
          ? [[name, String(search[name])]]
          : [],
      ),
    ) as Partial<Record<K, string>>;

const lab = createRoute({
  getParentRoute: () => inside,
  path: "/lab",
  component: lazyRouteComponent(() => import("@/features/lab/LabPage"), "LabPage"),
});

const labSession = createRoute({
  getParentRoute: () => inside,
  path: "/lab/session/$recordingId",
  component: lazyRouteComponent(() => import("@/features/lab-session/SessionPage"), "SessionPage"),
});

const labTrial = createRoute({
  getParentRoute: () => inside,
  path: "/lab/trial/$recordingId/$trialId",
  component: lazyRouteComponent(() => import("@/features/lab-trial/TrialPage"), "TrialPage"),
});

const labAthletes = createRoute({
  getParentRoute: () => inside,
  path: "/lab/athletes",
  component: lazyRouteComponent(() => import("@/features/lab-athletes/AthletesPage"), "AthletesPage"),
});

const labAthlete = createRoute({
  getParentRoute: () => inside,
  path: "/lab/athletes/$subjectId",
  component: lazyRouteComponent(() => import("@/features/lab-athletes/AthletePage"), "AthletePage"),
});

const labGroups = createRoute({
  getParentRoute: () => inside,
  path: "/lab/groups",
  component: lazyRouteComponent(() => import("@/features/lab-athletes/GroupsPage"), "GroupsPage"),
});

const labCalibration = createRoute({
  getParentRoute: () => inside,
  path: "/lab/calibration",
  validateSearch: textSearch("device", "channel"),
  component: lazyRouteComponent(
    () => import("@/features/lab-calibration/CalibrationPage"),
    "CalibrationPage",
  ),
});

const recordings = createRoute({
  getParentRoute: () => inside,
  path: "/recordings",
  validateSearch: textSearch("device"),
  component: lazyRouteComponent(() => import("@/features/recordings/RecordingsPage"), "RecordingsPage"),
});

const recording = createRoute({
  getParentRoute: () => inside,
  path: "/recordings/$recordingId",
  component: lazyRouteComponent(() => import("@/features/recordings/RecordingPage"), "RecordingPage"),
});

const system = createRoute({
  getParentRoute: () => inside,
  path: "/system",
  component: lazyRouteComponent(() => import("@/features/system/SystemPage"), "SystemPage"),
});

const account = createRoute({
  getParentRoute: () => inside,
  path: "/account",
  component: lazyRouteComponent(() => import("@/features/account/AccountPage"), "AccountPage"),
});

const people = createRoute({
  getParentRoute: () => inside,
  path: "/people",
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(() => import("@/features/people/PeoplePage"), "PeoplePage"),
});

const tokens = createRoute({
  getParentRoute: () => inside,
  path: "/tokens",
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(() => import("@/features/tokens/TokensPage"), "TokensPage"),
});

const audit = createRoute({
  getParentRoute: () => inside,
  path: "/audit",
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(() => import("@/features/audit/AuditPage"), "AuditPage"),
});

const mapping = createRoute({
  getParentRoute: () => inside,
  path: "/mapping",
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(() => import("@/features/mappings/MappingsPage"), "MappingsPage"),
});

const importing = createRoute({
  getParentRoute: () => inside,
  path: "/import",
  beforeLoad: requireOperator,
  component: lazyRouteComponent(() => import("@/features/imports/ImportsPage"), "ImportsPage"),
});

const releases = createRoute({
  getParentRoute: () => inside,
  path: "/updates",
  beforeLoad: requireOperator,
  component: lazyRouteComponent(() => import("@/features/releases/ReleasesPage"), "ReleasesPage"),
});

const releaseKeys = createRoute({
  getParentRoute: () => inside,
  path: "/updates/keys",
  beforeLoad: requireOperator,
  component: lazyRouteComponent(() => import("@/features/release-keys/KeysPage"), "KeysPage"),
});

const flash = createRoute({
  getParentRoute: () => inside,
  path: "/updates/board",
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(() => import("@/features/flash/FlashPage"), "FlashPage"),
});

const rollouts = createRoute({
  getParentRoute: () => inside,
  path: "/updates/rollouts",
  beforeLoad: requireOperator,
  component: lazyRouteComponent(() => import("@/features/rollouts/RolloutsPage"), "RolloutsPage"),
});

const newRollout = createRoute({
  getParentRoute: () => inside,
  path: "/updates/rollouts/new",
  beforeLoad: requireOperator,
  validateSearch: (search: Record<string, unknown>): { release?: string } =>
    typeof search.release === "string" || typeof search.release === "number"
      ? { release: String(search.release) }
      : {},
  component: lazyRouteComponent(() => import("@/features/rollout-new/NewRolloutPage"), "NewRolloutPage"),
});

const rollout = createRoute({
  getParentRoute: () => inside,
  path: "/updates/rollouts/$rolloutId",
  beforeLoad: requireOperator,
  component: lazyRouteComponent(() => import("@/features/rollout/RolloutPage"), "RolloutPage"),
});

const fleet = createRoute({
  getParentRoute: () => inside,
  path: "/updates/fleet",
  beforeLoad: requireOperator,
  component: lazyRouteComponent(() => import("@/features/fleet/FleetPage"), "FleetPage"),
});

const deviceUpdates = createRoute({
  getParentRoute: () => inside,
  path: "/devices/$deviceId/updates",
  component: lazyRouteComponent(
    () => import("@/features/device-updates/DeviceUpdatesPage"),
    "DeviceUpdatesPage",
  ),
});

/** Whatever else somebody signed in asks for: the frame stays. */
const nowhere = createRoute({ getParentRoute: () => inside, path: "$", component: NotFound });

/** Open to those who have no account yet. */
const join = createRoute({
  getParentRoute: () => root,
  path: "/join",
  component: lazyRouteComponent(() => import("@/features/join/JoinPage"), "JoinPage"),
});

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (search: Record<string, unknown>): { next?: string } =>
    typeof search.next === "string" ? { next: search.next } : {},
  beforeLoad: onlySignedOut,
  component: lazyRouteComponent(() => import("@/features/login/LoginPage"), "LoginPage"),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  beforeLoad: onlyBeforeSetup,
  component: lazyRouteComponent(() => import("@/features/setup/SetupPage"), "SetupPage"),
});

const tree = root.addChildren([
  inside.addChildren([
    devices,
    device,
    energy,
    settings,
    deviceControl,
    deviceHealth,
    deviceLog,
    rooms,
    schedules,
    loadLimits,
    alerts,
    alert,
    rules,
    rule,
    notifications,
    sent,
    lab,
    labSession,
    labTrial,
    labAthletes,
    labAthlete,
    labGroups,
    labCalibration,
    recordings,
    recording,
    system,
    account,
    people,
    tokens,
    audit,
    mapping,
    importing,
    releases,
    releaseKeys,
    flash,
    rollouts,
    newRollout,
    rollout,
    fleet,
    deviceUpdates,
    nowhere,
  ]),
  join,
  login,
  setup,
]);

export const createAppRouter = (cache: QueryClient) =>
  createRouter({ routeTree: tree, context: { cache }, defaultPreload: "intent", scrollRestoration: true });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
