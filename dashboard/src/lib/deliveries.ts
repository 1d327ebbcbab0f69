/** The states of a notification on its way, in words. */

export type DeliveryState = "waiting" | "sending" | "failed" | "sent" | "given_up";

const WORDS: Readonly<Record<DeliveryState, string>> = {
  waiting: "waits",
  sending: "is being sent",
  failed: "failed, tried again",
  sent: "arrived",
  given_up: "given up",
};

export const deliveryWords = (state: DeliveryState): string => WORDS[state];
