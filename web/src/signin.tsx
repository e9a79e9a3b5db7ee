// Signing in: one field for an API key or a token. It is a password field, so that it is neither
// shown nor kept by the page, and it is sent in a header, never in an address.

import { useSignal } from "@preact/signals";
import { farewell, inWords, signIn } from "./account.js";

export function SignIn() {
  const busy = useSignal(false);
  const failure = useSignal("");
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const field = new FormData(event.currentTarget as HTMLFormElement).get("credential");
    const credential = String(field ?? "").trim();
    if (credential === "") return;
    busy.value = true;
    failure.value = "";
    try {
      await signIn(credential);
    } catch (error) {
      failure.value = inWords(error);
    }
    busy.value = false;
  };
  const told = failure.value || farewell.value;
  return (
    <main class="signin">
      <form class="card" onSubmit={submit}>
        <img src="/icon.svg" alt="" width="44" height="44" />
        <h1>Sign in</h1>
        <p class="quiet">With the API key of your console, or a token of your identity provider.</p>
        <label>
          API key or token
          <input
            name="credential"
            type="password"
            autocomplete="off"
            spellcheck={false}
            autofocus
            required
            aria-describedby="signin-told"
          />
        </label>
        <button class="primary" type="submit" disabled={busy.value}>
          {busy.value ? "Signing in…" : "Sign in"}
        </button>
        <p id="signin-told" class="failure" role="alert">
          {told}
        </p>
      </form>
    </main>
  );
}
