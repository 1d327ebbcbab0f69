import { Link, useLocation } from "@tanstack/react-router";

import { useLink } from "@/api/live/useLive";
import { useMe } from "@/api/session";
import { Logo } from "@/ui/Logo";
import { Presence } from "@/ui/Presence";

import { AlertsLink } from "./AlertsLink";
import { ManageMenu } from "./ManageMenu";
import { placesFor } from "./navigation";
import classes from "./Shell.module.css";
import { UserMenu } from "./UserMenu";

const LINK_WORDS = { connecting: "Connecting", live: "Live", lost: "Reconnecting", refused: "No live view" };

export function TopBar() {
  const link = useLink();
  const me = useMe();
  const { pathname } = useLocation();
  const { bar, menu } = placesFor(me?.role ?? "viewer");
  return (
    <header className={classes.bar}>
      <div className={classes.barInner}>
        <Link to="/" className={classes.brand ?? ""} aria-label="Ohmstead, overview">
          <Logo />
          <span>Ohmstead</span>
        </Link>
        <nav className={classes.nav} aria-label="Main">
          {bar.map(({ to, label, also = [] }) => (
            <Link
              key={to}
              to={to}
              activeOptions={{ exact: true }}
              data-here={also.some((place) => pathname === place || pathname.startsWith(`${place}/`))}
            >
              {label}
            </Link>
          ))}
          {menu.length > 0 && <ManageMenu places={menu} />}
        </nav>
        <AlertsLink />
        <Presence
          online={link.state === "live"}
          text={<span className={classes.linkText}>{LINK_WORDS[link.state]}</span>}
        />
        <UserMenu />
      </div>
    </header>
  );
}
