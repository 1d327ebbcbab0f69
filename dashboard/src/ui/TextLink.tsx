import { Anchor, type AnchorProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, Ref } from "react";

type TextProps = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof AnchorProps> &
  AnchorProps & { ref?: Ref<HTMLAnchorElement> };

const Text = (props: TextProps) => <Anchor inherit underline="always" {...props} />;

/** A link of the app in running text. */
export const TextLink = createLink(Text);
