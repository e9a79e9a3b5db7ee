// The frame of the pages: which one is shown, the way between them, and the way out. The dashboard
// is fetched when it is first looked at, as the desk needs none of its charts.

import { v1 } from "@omnichannel/sdk/web";
import { computed, signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { caller, client, leave } from "./account.js";
import { DeskPage, KeysButton } from "./desk/page.js";
import { kept } from "./kept.js";
import { Notices, StreamBadge, stream } from "./parts.js";
import { SignIn } from "./signin.js";

const path = signal(location.pathname);

/** Whose pages they are, as far as that is known: until then both are offered. */
const hasDesk = computed(() => caller.value === undefined || caller.value.agentId !== "");
const hasDashboard = computed(
  () =>
    caller.value === undefined || caller.value.permissions.includes(v1.Permission.ANALYTICS_READ),
);

/** Where no page is named, whoever has no desk is shown the dashboard. */
const isDashboard = computed(
  () => path.value === "/dashboard" || (path.value === "/" && !hasDesk.value && hasDashboard.value),
);
const dashboard = signal<ComponentType | undefined>(undefined);

addEventListener("popstate", () => {
  path.value = location.pathname;
});

function go(event: MouseEvent, to: string): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  history.pushState(null, "", to);
  path.value = to;
}

function Way({ to, text }: { to: string; text: string }) {
  const here = isDashboard.value === (to === "/dashboard");
  return (
    <a href={to} aria-current={here ? "page" : undefined} onClick={(event) => go(event, to)}>
      {text}
    </a>
  );
}

function Dashboard() {
  useEffect(() => {
    if (dashboard.value !== undefined) return;
    void import("./dashboard/page.js").then((module) => {
      dashboard.value = module.DashboardPage;
    });
  }, []);
  const Page = dashboard.value;
  return Page === undefined ? <main class="loading">Loading…</main> : <Page />;
}

function askedToLeave(): void {
  const lost = "Messages that you wrote are still on their way. Sign out and lose them?";
  if ((kept<unknown[]>("outbox") ?? []).length === 0 || confirm(lost)) void leave();
}

export function App() {
  useEffect(() => {
    document.title = isDashboard.value ? "Dashboard · Omnichannel" : "Desk · Omnichannel";
  }, [isDashboard.value]);
  if (client.value === undefined) return <SignIn />;
  return (
    <>
      <header class="top">
        <img src="/icon.svg" alt="" width="26" height="26" />
        <nav aria-label="Pages">
          {(hasDesk.value || !isDashboard.value) && <Way to="/desk" text="Desk" />}
          {(hasDashboard.value || isDashboard.value) && <Way to="/dashboard" text="Dashboard" />}
        </nav>
        {stream.value !== undefined && <StreamBadge state={stream.value} />}
        {!isDashboard.value && caller.value?.agentId !== "" && <KeysButton />}
        {caller.value?.tenantName && (
          <span class="tenant quiet one-line" title="Tenant">
            {caller.value.tenantName}
          </span>
        )}
        <button type="button" class="plain" onClick={askedToLeave}>
          Sign out
        </button>
      </header>
      {isDashboard.value ? <Dashboard /> : <DeskPage />}
      <Notices />
    </>
  );
}
