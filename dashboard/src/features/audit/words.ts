/** What an entry of the audit log says, as a sentence without its subject: "renamed a device". */

import type { AuditEntry } from "@/api/types";
import { humanise } from "@/lib/channels";

const ACTIONS: Readonly<Record<string, string>> = {
  "device.add": "added the device",
  "device.claim": "claimed the device",
  "device.unclaim": "took back the answer to the device",
  "device.refuse": "refused the device",
  "device.rename": "renamed the device",
  "device.regroup": "changed the groups of",
  "device.rotate-token": "gave a new token to the device",
  "device.assign": "shared the device",
  "device.unassign": "stopped sharing the device",
  "device.delete": "deleted the device",
  "device.restore": "brought back the device",
  "device.replace": "replaced the device",
  "channel.change": "changed a channel of",
  "user.create": "added the user",
  "user.invite": "invited",
  "user.uninvite": "withdrew the invitation of",
  "user.role": "changed the role of",
  "user.reset-password": "reset the password of",
  "user.change-password": "changed the password of",
  "user.delete": "deleted the user",
  "token.create": "created the token",
  "token.delete": "revoked the token",
  "import.start": "imported",
  "import.cancel": "cancelled the import of",
  "mapping.create": "mapped",
  "mapping.change": "changed the mapping of",
  "mapping.delete": "deleted the mapping of",
  "device.wish": "set the desired state of",
  "device.move": "changed the address of",
  "device.variable-get": "read a setting on",
  "device.variable-set": "wrote a setting on",
  "load-limit.change": "changed the load limit of",
  "load-limit.remove": "removed the load limit of",
  "room.add": "added the room",
  "room.rename": "renamed the room",
  "room.remove": "removed the room",
  "output.add": "added the output",
  "output.change": "changed the output",
  "output.remove": "removed the output",
  "output.switch": "switched",
  "scene.change": "changed the scene",
  "scene.remove": "removed the scene",
  "scene.run": "ran the scene",
  "schedule.change": "changed the schedule",
  "schedule.remove": "removed the schedule",
  "schedule.skip": "skipped the schedule",
  "rule.add": "made the rule",
  "rule.change": "changed the rule",
  "rule.remove": "removed the rule",
  "alert.acknowledged": "acknowledged the alert",
  "alert.snoozed": "snoozed the alert",
  "alert.cleared": "cleared the alert",
  "notification-target.add": "added a place for messages,",
  "notification-target.change": "changed where messages go,",
  "notification-target.remove": "removed a place for messages,",
  "notification-target.test": "sent a test to",
  "site.change": "changed the site",
  "recording.add": "began the recording",
  "recording.change": "changed the recording",
  "recording.delete": "deleted the recording",
  "recording.restore": "brought back the recording",
  "recording.finish": "finished the recording",
  "trial.start": "began the trial",
  "trial.stop": "ended the trial",
  "trial.judge": "judged the trial",
  "trial.delete": "deleted the trial",
  "trial.restore": "brought back the trial",
  "subject.add": "added the athlete",
  "subject.change": "changed the athlete",
  "subject.delete": "deleted the athlete",
  "subject.restore": "brought back the athlete",
  "group.add": "added the group",
  "group.change": "changed the group",
  "group.delete": "deleted the group",
  "calibration.add": "calibrated",
  "calibration.restore": "brought back the calibration of",
  "calibration.withdraw": "withdrew the calibration of",
  "release-key.trust": "trusted the signing key",
  "release-key.revoke": "revoked the signing key",
  "release.add": "added the release",
  "release.change": "changed the release",
  "release.withdraw": "withdrew the release",
  "rollout.start": "started rollout",
  "rollout.pause": "paused rollout",
  "rollout.resume": "went on with rollout",
  "rollout.stop": "stopped rollout",
  "rollout.roll-back": "rolled back rollout",
  "device.update-firmware": "updated the firmware of",
  "rule.skip": "left out an action of the rule",
};

/** "shared the device"; an action this dashboard does not know yet is read as it is written. */
export function actionWords(action: string): string {
  return ACTIONS[action] ?? humanise(action).toLowerCase();
}

// Who acts where nobody is signed in.
const ACTORS: Readonly<Record<string, string>> = {
  OHMSTEAD_ADMIN_PASSWORD: "The server’s start setting",
};

/** A token and a setting are no people. */
export function actorWords(actor: string): string {
  const token = /^token:(.*)$/.exec(actor)?.[1];
  return token === undefined ? (ACTORS[actor] ?? actor) : `The token “${token}”`;
}

/** True if every word of `wanted` occurs somewhere in what is shown of the entry. */
export function matches(entry: AuditEntry, wanted: string): boolean {
  const { actor, action, subject, detail } = entry;
  const text = [actorWords(actor), actionWords(action), action, subject, detail].join(" ").toLowerCase();
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
