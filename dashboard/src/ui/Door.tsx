import { Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";

import classes from "./Door.module.css";
import { Logo } from "./Logo";

/** A page before the dashboard proper: one card in the middle, the product's name above it. */
export function Door({
  title,
  children,
  wide = false,
}: {
  title: string;
  children: ReactNode;
  wide?: boolean;
}) {
  useEffect(() => {
    document.title = `${title} · Ohmstead`;
  }, [title]);
  return (
    <main className={classes.door} data-wide={wide}>
      <p className={classes.brand}>
        <Logo size={34} /> Ohmstead
      </p>
      <div className={classes.card}>
        <Title order={1} size="h3" mb="md">
          {title}
        </Title>
        {children}
      </div>
    </main>
  );
}
