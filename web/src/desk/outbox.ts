// What the agent wrote and the server has not yet answered for. It is kept in the tab until the
// answer comes, under an identifier that all attempts share: a reload, a lost connection or a
// restart neither loses it nor sends it twice. One at a time, in order.

import { type Client, newRequestId, OmnichannelError, v1 } from "@omnichannel/sdk/web";
import { signal } from "@preact/signals";
import { inWords } from "../account.js";
import { keep, kept } from "../kept.js";
import type { Upload } from "./files.js";

const KEPT = "outbox";
const AGAIN_MS = 2000;
/** Most messages on their way; more are refused until some have gone. */
const LETTERS_MAX = 50;

/** A message on its way. */
export interface Letter {
  /** Identifier that all attempts share. */
  readonly id: string;
  readonly interactionId: string;
  readonly customerId: string;
  readonly isNote: boolean;
  readonly body: string;
  /** Files that are with the server and go with it. */
  readonly files: readonly Upload[];
  /** Sequence of the newest message that was there when it was written. */
  readonly after: number;
  /** Why it was refused for good; empty while it is on its way. */
  readonly refusal: string;
}

export class Outbox {
  readonly letters = signal<readonly Letter[]>(
    // One that was kept by pages before these may name no files.
    (kept<Letter[]>(KEPT) ?? []).map((letter) => ({ ...letter, files: letter.files ?? [] })),
  );
  readonly #client: Client;
  readonly #arrived: (letter: Letter, message: v1.Message) => void;
  #isBusy = false;
  #isOver = false;

  constructor(client: Client, arrived: (letter: Letter, message: v1.Message) => void) {
    this.#client = client;
    this.#arrived = arrived;
    void this.#work();
  }

  /** Whether no more messages are taken for now. */
  get isFull(): boolean {
    return this.letters.value.length >= LETTERS_MAX;
  }

  /** Takes a message to be sent; there must be room for it. */
  add(letter: Omit<Letter, "id" | "refusal">): void {
    this.#set([...this.letters.value, { ...letter, id: newRequestId(), refusal: "" }]);
    void this.#work();
  }

  /** Takes a refused message away. */
  drop(id: string): void {
    this.#set(this.letters.value.filter((letter) => letter.id !== id));
  }

  /** Sends nothing more; what is on its way stays kept. */
  close(): void {
    this.#isOver = true;
  }

  #set(letters: readonly Letter[]): void {
    this.letters.value = letters;
    keep(KEPT, letters.length === 0 ? undefined : letters);
  }

  async #work(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (;;) {
      const letter = this.letters.value.find(({ refusal }) => refusal === "");
      if (letter === undefined || this.#isOver) break;
      await this.#send(letter);
    }
    this.#isBusy = false;
  }

  async #send(letter: Letter): Promise<void> {
    const { id, interactionId, body, isNote } = letter;
    const attachmentIds = letter.files.map((file) => file.id);
    const kind = isNote ? v1.SendKind.INTERNAL_NOTE : v1.SendKind.REPLY;
    try {
      const request = { interactionId, body, kind, attachmentIds, requestId: id };
      const { message } = await this.#client.interactions.sendMessage(request);
      if (this.#isOver) return;
      if (message !== undefined) this.#arrived(letter, message);
      this.drop(id);
    } catch (error) {
      if (this.#isOver) return;
      if (isPassing(error)) {
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      } else {
        const refused = { ...letter, refusal: inWords(error) };
        this.#set(this.letters.value.map((other) => (other.id === id ? refused : other)));
      }
    }
  }
}

/** Whether the same call may succeed later: nobody answered, or the server asked to wait. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof OmnichannelError)) return false;
  if (error.name === "InvalidArgument") return false;
  return error.local || error.retryable || error.name === "DeadlineExceeded";
}
