// The credential of a client: an API key, or tokens of a provider. A token is used until the server
// refuses it; then the provider is asked once for a better one. Many calls that fail at the same
// moment ask together. Neither ever shows in an error or in debug output.

import { Code } from "@connectrpc/connect";
import { localError } from "./errors.js";

/**
 * Gives the token to use. `refused` is the one that the server no longer takes, if any. The answer
 * is used until the server refuses it too.
 */
export type TokenProvider = (refused?: string) => string | Promise<string>;

export class Credentials {
  readonly #provider: TokenProvider | undefined;
  #token: string | undefined;
  #asked: Promise<string> | undefined;

  constructor(apiKey: string | undefined, provider: TokenProvider | undefined) {
    if (apiKey !== undefined && provider !== undefined) {
      throw localError(Code.InvalidArgument, "give either an API key or a token provider");
    }
    if (apiKey !== undefined) sendable(apiKey);
    this.#token = apiKey === "" ? undefined : apiKey;
    this.#provider = provider;
  }

  /** The token to use now; none for a client without credentials. */
  async token(): Promise<string | undefined> {
    return this.#token ?? (this.#provider === undefined ? undefined : await this.#ask());
  }

  /** Tells that a token was refused; answers whether there is another one to try. */
  async renew(refused: string | undefined): Promise<boolean> {
    if (this.#provider === undefined) return false;
    if (this.#token !== undefined && this.#token !== refused) return true;
    return (await this.#ask(refused)) !== refused;
  }

  #ask(refused?: string): Promise<string> {
    this.#asked ??= this.#fetch(refused).finally(() => {
      this.#asked = undefined;
    });
    return this.#asked;
  }

  async #fetch(refused: string | undefined): Promise<string> {
    const token = sendable((await this.#provider?.(refused)) ?? "");
    this.#token = token;
    return token;
  }
}

function sendable(token: string): string {
  if (/^[\x21-\x7e]*$/.test(token)) return token;
  throw localError(Code.InvalidArgument, "the credential has forbidden characters");
}
