import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from "@tanstack/react-router";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";

import { keys } from "@/api/keys";
import type { Me } from "@/api/session";
import { theme } from "@/app/theme";
import { ToastProvider } from "@/ui/toasts";

export const ADMIN: Me = { id: "1", username: "ada", role: "admin" };

interface Stage {
  /** Who is signed in; null for nobody. */
  me?: Me | null;
  path?: string;
}

/** Shows `page` as the app would: styled, with a cache and an address. Resolves when it is on the screen. */
export async function show(page: ReactNode, { me = ADMIN, path = "/" }: Stage = {}) {
  const cache = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  cache.setQueryData(keys.me, me);
  const root = createRootRoute();
  const anywhere = createRoute({ getParentRoute: () => root, path: "$", component: () => page });
  const history = createMemoryHistory({ initialEntries: [path] });
  const router = createRouter({ routeTree: root.addChildren([anywhere]), history });
  await router.load();
  render(
    <MantineProvider env="test" theme={theme}>
      <QueryClientProvider client={cache}>
        <ToastProvider>
          <RouterProvider router={router as never} />
        </ToastProvider>
      </QueryClientProvider>
    </MantineProvider>,
  );
  return { cache, history };
}
