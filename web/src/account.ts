// Who is signed in: a credential, tried once before it is kept, and the client that carries it.

import { Client, OmnichannelError, type v1 } from "@omnichannel/sdk/web";
import { signal } from "@preact/signals";
import { forgetAll, keep, kept } from "./kept.js";

const CREDENTIAL = "credential";

/** The client of whoever is signed in. */
export const client = signal<Client | undefined>(undefined);

/** Who that is, once the server has said so. */
export const caller = signal<v1.Caller | undefined>(undefined);

/** Why somebody was signed out, for the sign-in page. */
export const farewell = signal("");

const before = kept<string>(CREDENTIAL);
if (before !== undefined) {
  const again = new Client({ apiKey: before });
  client.value = again;
  // Whatever speaks against the credential, the page that uses it hears and tells.
  void again.admin.whoAmI().then(
    (answer) => {
      if (client.value === again) caller.value = answer.caller;
    },
    () => {},
  );
}

/** Signs in, or throws what speaks against it. */
export async function signIn(credential: string): Promise<void> {
  const next = new Client({ apiKey: credential });
  try {
    caller.value = (await next.admin.whoAmI()).caller;
  } catch (error) {
    next.close();
    throw error;
  }
  keep(CREDENTIAL, credential);
  farewell.value = "";
  client.value = next;
}

/** What has to be done before somebody who signs out is gone, such as telling that they left. */
export const leaving: { act?: (() => Promise<void>) | undefined } = {};

/** How long that may take. */
const LEAVING_MS = 3000;

/** Signs out in order, on the wish of whoever is signed in. */
export async function leave(): Promise<void> {
  const late = new Promise((resolve) => setTimeout(resolve, LEAVING_MS));
  const told = leaving.act?.().catch(() => {}) ?? Promise.resolve();
  await Promise.race([told, late]);
  signOut();
}

/** Signs out and forgets what this tab kept. */
export function signOut(why = ""): void {
  client.value?.close();
  client.value = undefined;
  caller.value = undefined;
  farewell.value = why;
  forgetAll();
}

/** An error in words for people. */
export function inWords(error: unknown): string {
  if (!(error instanceof OmnichannelError)) return "Something went wrong in this page.";
  // What a browser says of a connection is not for people.
  if (error.local && error.retryable) return "The server cannot be reached. Try again in a moment.";
  const text = error.message.charAt(0).toUpperCase() + error.message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
