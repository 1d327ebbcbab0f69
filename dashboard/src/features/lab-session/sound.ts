/** Sound cues made in the browser: nothing is fetched, so they work without Internet. */

const VOLUME = 0.25;
const MUTED = "ohmstead.lab.muted";

let context: AudioContext | null = null;

/** A browser lets a page sound only after somebody pressed something: call it then. */
export function wakeSound(): void {
  if (typeof AudioContext === "undefined") return;
  context ??= new AudioContext();
  if (context.state === "suspended") void context.resume();
}

export function beep(hertz: number, ms: number): void {
  if (context?.state !== "running" || isMuted()) return;
  const start = context.currentTime;
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.frequency.value = hertz;
  // Without a ramp the speaker clicks.
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(VOLUME, start + 0.01);
  volume.gain.setValueAtTime(VOLUME, start + ms / 1000 - 0.02);
  volume.gain.linearRampToValueAtTime(0, start + ms / 1000);
  tone.connect(volume).connect(context.destination);
  tone.start(start);
  tone.stop(start + ms / 1000);
}

export const isMuted = (): boolean => localStorage.getItem(MUTED) === "yes";
export const setMuted = (muted: boolean): void => localStorage.setItem(MUTED, muted ? "yes" : "no");

export const TICK = [660, 120] as const;
export const GO = [1_100, 600] as const;
export const END = [440, 400] as const;
