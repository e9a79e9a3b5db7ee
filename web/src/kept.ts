// What this tab keeps over a reload: the credential, drafts and what is on its way. It lives in the
// tab's own storage, which ends with the tab, and never in an address. All of it goes at sign-out.

const PREFIX = "omnichannel.";

/** What is kept under a name; nothing if there is none or it cannot be read. */
export function kept<T>(name: string): T | undefined {
  try {
    const text = sessionStorage.getItem(PREFIX + name);
    return text === null ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}

/** Keeps a value, or forgets it. Storage that is full or forbidden only costs the next reload. */
export function keep(name: string, value: unknown): void {
  try {
    if (value === undefined) sessionStorage.removeItem(PREFIX + name);
    else sessionStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // The page works without.
  }
}

/** Forgets everything. */
export function forgetAll(): void {
  for (const name of Object.keys(sessionStorage)) {
    if (name.startsWith(PREFIX)) sessionStorage.removeItem(name);
  }
}
