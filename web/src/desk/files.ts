// Files that answers and notes are to carry, and files that came. One that is chosen goes up in
// pieces at once; those that are up are kept over a reload, as the server has them. One that came
// is only ever saved, never shown, whatever it says it is.

import { type Client, newRequestId, OmnichannelError, type v1 } from "@omnichannel/sdk/web";
import { signal } from "@preact/signals";
import { inWords } from "../account.js";
import { keep, kept } from "../kept.js";

/** What the contract lets a message carry. */
const FILES_MAX = 20;
const FILE_MAX_BYTES = 20 << 20;
const ALL_MAX_BYTES = 25 << 20;

/** How much goes up in one call, and how often a piece is tried beyond what the client tries. */
const PIECE_BYTES = 512 << 10;
const PIECE_ATTEMPTS_MAX = 5;
const AGAIN_MS = 2000;

/** A file that a message is to carry. */
export interface Upload {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  /** How much of it the server has. */
  readonly received: number;
  /** Why it cannot be carried; empty if it can. */
  readonly refusal: string;
}

export class Files {
  readonly uploads = signal<readonly Upload[]>([]);
  readonly #client: Client;
  readonly #interactionId: string;

  constructor(client: Client, interactionId: string) {
    this.#client = client;
    this.#interactionId = interactionId;
    this.uploads.value = kept<Upload[]>(this.#name) ?? [];
  }

  get #name(): string {
    return `files.${this.#interactionId}`;
  }

  /** Whether everything that was chosen is with the server. */
  get isSettled(): boolean {
    return this.uploads.value.every(isUp);
  }

  /** Takes files up. What is too much is named. */
  add(files: readonly File[]): string {
    for (const file of files) {
      const { length } = this.uploads.value;
      const all = this.uploads.value.reduce((sum, { size }) => sum + size, file.size);
      if (length >= FILES_MAX) return `A message carries at most ${FILES_MAX} files.`;
      if (file.size === 0) return `${file.name} is empty.`;
      if (file.size > FILE_MAX_BYTES) return `${file.name} is larger than 20 MiB.`;
      if (all > ALL_MAX_BYTES) return "All files together are larger than 25 MiB.";
      const { name, size } = file;
      const upload = { id: newRequestId(), name, size, received: 0, refusal: "" };
      this.#set([...this.uploads.value, upload]);
      void this.#send(upload, file);
    }
    return "";
  }

  /** Leaves a file out; one that no message takes is forgotten by the server. */
  remove(id: string): void {
    this.#set(this.uploads.value.filter((upload) => upload.id !== id));
  }

  /** Takes files back from a message that was refused. */
  putBack(files: readonly Upload[]): void {
    this.#set([...files, ...this.uploads.value].slice(0, FILES_MAX));
  }

  /** Hands the files over to a message. */
  take(): readonly Upload[] {
    const taken = this.uploads.value.filter(isUp);
    this.#set([]);
    return taken;
  }

  #set(uploads: readonly Upload[]): void {
    this.uploads.value = uploads;
    const up = uploads.filter(isUp);
    keep(this.#name, up.length === 0 ? undefined : up);
  }

  #change(id: string, change: Partial<Upload>): void {
    const changed = (upload: Upload) => (upload.id === id ? { ...upload, ...change } : upload);
    this.#set(this.uploads.value.map(changed));
  }

  async #send({ id, name, size }: Upload, file: File): Promise<void> {
    let offset = 0;
    let attempts = 0;
    const isWanted = () => this.uploads.value.some((upload) => upload.id === id);
    while (offset < size && isWanted()) {
      try {
        const data = new Uint8Array(await file.slice(offset, offset + PIECE_BYTES).arrayBuffer());
        const { received } = await this.#client.interactions.uploadAttachment({
          interactionId: this.#interactionId,
          attachmentId: id,
          name: [...name].slice(-255).join(""),
          declaredType: /^[\w.+-]+\/[\w.+-]+$/.test(file.type) ? file.type : "",
          size: BigInt(size),
          offset: BigInt(offset),
          data,
        });
        offset = Number(received);
        attempts = 0;
        this.#change(id, { received: offset });
      } catch (error) {
        attempts += 1;
        const mayPass = error instanceof OmnichannelError && (error.local || error.retryable);
        if (!mayPass || attempts >= PIECE_ATTEMPTS_MAX) {
          this.#change(id, { refusal: inWords(error) });
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }
}

/** Whether the server has all of it. */
export function isUp({ received, size }: Upload): boolean {
  return received >= size;
}

/** A size as people read it. */
export function sizeOf(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1 << 20) return `${Math.ceil(bytes / 1024)} KiB`;
  return `${(bytes / (1 << 20)).toFixed(1)} MiB`;
}

/** Saves a file that came with a message. It is bytes to this page, whatever it claims to be. */
export async function save(client: Client, { id, name, size }: v1.Attachment): Promise<void> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let all = 0;
  for await (const { data } of client.raw.interactions.downloadAttachment({ attachmentId: id })) {
    all += data.length;
    if (all > Number(size)) throw new Error("more came than was told");
    pieces.push(new Uint8Array(data));
  }
  const address = URL.createObjectURL(new Blob(pieces, { type: "application/octet-stream" }));
  const way = document.createElement("a");
  way.href = address;
  way.download = name || "file";
  way.click();
  // The download has its own hold on the bytes once it began.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
