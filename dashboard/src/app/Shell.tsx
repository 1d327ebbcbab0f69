import { useQueryClient } from "@tanstack/react-query";
import { Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";

import { useLiveConnection } from "@/api/live/useLive";
import { forgetPerson, useMe } from "@/api/session";

import { LinkBanner } from "./LinkBanner";
import classes from "./Shell.module.css";
import { TopBar } from "./TopBar";

/** The frame around every page of a signed-in person; leaves for the login page when the session ends. */
export function Shell() {
  const me = useMe();
  const cache = useQueryClient();
  const navigate = useNavigate();
  const { href } = useLocation();
  useEffect(() => {
    if (me !== null) return;
    forgetPerson(cache);
    void navigate({ to: "/login", search: href === "/" ? {} : { next: href } });
    // Only the end of the session leads away, not each change of the address.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [me]);
  return me === null ? null : <Signed />;
}

function Signed() {
  useLiveConnection();
  return (
    <>
      <a href="#content" className="skip-link">
        Skip to the content
      </a>
      <TopBar />
      <LinkBanner />
      <main id="content" tabIndex={-1} className={classes.main}>
        <Outlet />
      </main>
    </>
  );
}
