import { useLiveValue } from "@/api/live/useLive";
import type { Channel } from "@/api/types";
import { channelLabel, readingOf } from "@/lib/channels";
import { Figure } from "@/ui/Figure";

interface LiveFigureProps {
  channel: Channel;
  size?: "large" | "small";
  /** The value is known to be old; how old stands on the card. */
  stale: boolean;
}

export function LiveFigure({ channel, size = "small", stale }: LiveFigureProps) {
  const live = useLiveValue(channel.id);
  const { text, unit } = readingOf(channel, live?.[1] ?? channel.last?.value);
  return <Figure label={channelLabel(channel)} text={text} unit={unit} size={size} stale={stale} />;
}
