import { useQuery } from "@tanstack/react-query";

import { useMayOperate } from "@/api/session";
import { systemQuery } from "@/api/system";

import { USUAL_MQTT_PORT } from "./firstSample";

/** Where this server listens for MQTT; the usual port where that is not known. */
export function useMqttPort(): number {
  const enabled = useMayOperate();
  const { data } = useQuery({ ...systemQuery, enabled, refetchInterval: false });
  return data?.ports.find(({ kind, state }) => kind === "mqtt" && state === "open")?.port ?? USUAL_MQTT_PORT;
}
