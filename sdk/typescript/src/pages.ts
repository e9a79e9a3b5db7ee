// Pages of a listing, one after another: asks for the next page only when the one before was read.
// A listing that never ends, or a token that leads nowhere, ends in an error instead of a loop.

import { Code } from "@connectrpc/connect";
import { localError } from "./errors.js";

/** Most pages that one listing is followed for. */
const PAGES_MAX = 100_000;

/** What a page must tell. */
interface Continued {
  /** Continues the listing; empty on the last page, and only there. */
  readonly nextPageToken: string;
}

/**
 * A listing that is asked for as it is read: `for await (const item of listing)`, page by page with
 * `pages()`, or a single page with `page()`. Reading it again begins anew.
 */
export class Listing<Item, Page extends Continued> implements AsyncIterable<Item> {
  readonly #fetch: (token: string | undefined) => Promise<Page>;
  readonly #items: (page: Page) => readonly Item[];

  /** @internal */
  constructor(
    fetch: (token: string | undefined) => Promise<Page>,
    items: (page: Page) => readonly Item[],
  ) {
    this.#fetch = fetch;
    this.#items = items;
  }

  /** One page: that of a token, or the one the request names, which is the first by default. */
  page(token?: string): Promise<Page> {
    return this.#fetch(token);
  }

  /** All pages from the one that the request names. */
  async *pages(): AsyncGenerator<Page, void, undefined> {
    let token: string | undefined;
    for (let count = 1; ; count += 1) {
      const page = await this.#fetch(token);
      yield page;
      if (page.nextPageToken === "") return;
      if (page.nextPageToken === token || count === PAGES_MAX) {
        throw localError(Code.Internal, `the listing does not end after ${count} pages`);
      }
      token = page.nextPageToken;
    }
  }

  /** The items of all pages. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for await (const page of this.pages()) yield* this.#items(page);
  }

  /** The first items, at most as many as said. */
  async take(most: number): Promise<Item[]> {
    const taken: Item[] = [];
    if (most <= 0) return taken;
    for await (const item of this) {
      taken.push(item);
      if (taken.length >= most) break;
    }
    return taken;
  }
}
