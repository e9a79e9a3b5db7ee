// Commands on their way up: which wait to be sent, which were sent and wait for their result. A
// lost connection puts the sent ones back in front, to be sent again with the same `requestId`, by
// which the server knows them.

import { Code } from "@connectrpc/connect";
import { errorOfDetail } from "../convert.js";
import { localError, type OmnichannelError } from "../errors.js";
import type { CommandOk, CommandResult } from "../generated/omnichannel/v1/agent_session_pb.js";

/** Most commands of one stream that wait, sent or not. */
const COMMANDS_MAX = 256;

/** One frame up, and where its result goes. */
export interface Command<U> {
  readonly frame: U;
  readonly requestId: string;
  resolve(ok: CommandOk): void;
  reject(error: OmnichannelError): void;
  /** Nobody waits for the result any more. */
  dropped: boolean;
}

/** The commands of one stream. */
export class Book<U> {
  #waiting: Command<U>[] = [];
  #sent: Command<U>[] = [];
  /** Most that may be sent without a result; 0 while the stream is not open. */
  #limit = 0;

  /** Takes a command; answers whether there was room. */
  push(command: Command<U>): boolean {
    if (this.#waiting.length + this.#sent.length >= COMMANDS_MAX) return false;
    this.#waiting.push(command);
    return true;
  }

  /** The stream is open and takes this many commands at a time. */
  open(limit: number): void {
    this.#limit = Math.min(Math.max(limit, 1), COMMANDS_MAX);
  }

  /** The stream is lost: what has no result yet is sent again, unless nobody waits for it. */
  lost(): void {
    this.#limit = 0;
    this.#waiting = [...this.#sent, ...this.#waiting].filter((command) => !command.dropped);
    this.#sent = [];
  }

  /** The next frame to send now, if there is one. */
  take(): U | undefined {
    while (this.#sent.length < this.#limit) {
      const command = this.#waiting.shift();
      if (command === undefined) return undefined;
      if (command.dropped) continue;
      this.#sent.push(command);
      return command.frame;
    }
    return undefined;
  }

  /** Gives a result to whom it belongs. */
  settle(result: CommandResult): void {
    const at = this.#sent.findIndex((command) => command.requestId === result.requestId);
    const [command] = at < 0 ? [] : this.#sent.splice(at, 1);
    if (command === undefined) return;
    const { outcome } = result;
    if (outcome.case === "ok") command.resolve(outcome.value);
    else if (outcome.case === "error") command.reject(errorOfDetail(outcome.value));
    else command.reject(localError(Code.Internal, "a command result without an outcome"));
  }

  /** The stream is over: nothing will be answered any more. */
  fail(error: OmnichannelError): void {
    const all = [...this.#sent, ...this.#waiting];
    this.#sent = [];
    this.#waiting = [];
    for (const command of all) command.reject(error);
  }
}
